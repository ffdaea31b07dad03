import { dingtalkStage, dingtalkTraits } from './dingtalk-stage.ts';
import { feishuStage, feishuTraits } from './feishu-stage.ts';
import { describePlatform } from './platform-suite.ts';
import { wecomStage, wecomStageTraits } from './wecom-stages.ts';

describePlatform('Feishu, long connection', feishuStage('ws'), feishuTraits);
describePlatform('Feishu, webhook', feishuStage('webhook'), feishuTraits);

const streamWithCards = { mode: 'stream', cards: true } as const;
const streamWithoutCards = { mode: 'stream', cards: false } as const;
const callbacksWithCards = { mode: 'webhook', cards: true } as const;
describePlatform('DingTalk, Stream', dingtalkStage(streamWithCards), dingtalkTraits(streamWithCards));
describePlatform(
  'DingTalk, Stream, without a template',
  dingtalkStage(streamWithoutCards),
  dingtalkTraits(streamWithoutCards),
);
describePlatform(
  'DingTalk, HTTP callbacks',
  dingtalkStage(callbacksWithCards),
  dingtalkTraits(callbacksWithCards),
);

describePlatform('WeCom, AI bot, long connection', wecomStage('bot'), wecomStageTraits.bot);
describePlatform('WeCom, AI bot, webhook', wecomStage('bot-webhook'), wecomStageTraits['bot-webhook']);
describePlatform('WeCom, self-built app', wecomStage('app'), wecomStageTraits.app);
