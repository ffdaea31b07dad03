import { dingtalkStage, dingtalkTraits } from './dingtalk-stage.ts';
import { feishuStage, feishuTraits } from './feishu-stage.ts';
import type { CreateStage, StageTraits } from './stage.ts';
import { wecomStage, wecomStageTraits } from './wecom-stages.ts';

/** One way of connecting one platform, with the name it has in test reports. */
export type Integration = {
  readonly name: string;
  readonly create: CreateStage;
  readonly traits: StageTraits;
  /** The bot is in groups there at all. */
  readonly groups: boolean;
  /**
   * How long a chat must rest after a few questions and a crash (after which a few calls more are taken to have been made), or
   * the platform's limits for one chat would be met.
   */
  readonly chatRestMs: number;
};

const dingtalk = (mode: 'stream' | 'webhook', cards: boolean): Omit<Integration, 'name'> => ({
  create: dingtalkStage({ mode, cards }),
  traits: dingtalkTraits({ mode, cards }),
  groups: true,
  chatRestMs: cards ? 0 : 20_000, // 20 messages a minute into one group
});
const wecom = (integration: 'bot' | 'bot-webhook' | 'app'): Omit<Integration, 'name'> => ({
  create: wecomStage(integration),
  traits: wecomStageTraits[integration],
  groups: integration !== 'app',
  chatRestMs: { bot: 15_000, 'bot-webhook': 0, app: 12_000 }[integration], // 30 calls a minute; polls do not count
});

const feishu = { traits: feishuTraits, groups: true, chatRestMs: 0 };

/** All of them. */
export const integrations: readonly Integration[] = [
  { name: 'Feishu, long connection', create: feishuStage('ws'), ...feishu },
  { name: 'Feishu, webhook', create: feishuStage('webhook'), ...feishu },
  { name: 'DingTalk, Stream', ...dingtalk('stream', true) },
  { name: 'DingTalk, Stream, without a template', ...dingtalk('stream', false) },
  { name: 'DingTalk, HTTP callbacks', ...dingtalk('webhook', true) },
  { name: 'WeCom, AI bot, long connection', ...wecom('bot') },
  { name: 'WeCom, AI bot, webhook', ...wecom('bot-webhook') },
  { name: 'WeCom, self-built app', ...wecom('app') },
];
