import { feishuStage, feishuTraits } from './feishu-stage.ts';
import { describePlatform } from './platform-suite.ts';
import { wecomStage, wecomStageTraits } from './wecom-stages.ts';

describePlatform('Feishu, long connection', feishuStage('ws'), feishuTraits);
describePlatform('Feishu, webhook', feishuStage('webhook'), feishuTraits);

describePlatform('WeCom, AI bot, long connection', wecomStage('bot'), wecomStageTraits.bot);
describePlatform('WeCom, AI bot, webhook', wecomStage('bot-webhook'), wecomStageTraits['bot-webhook']);
describePlatform('WeCom, self-built app', wecomStage('app'), wecomStageTraits.app);
