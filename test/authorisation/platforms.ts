import {
  createDingTalkHarness,
  dingtalkTemplate,
  type DingTalkSetting,
} from '../contract/dingtalk-harness.ts';
import { feishuHarness } from '../contract/feishu-harness.ts';
import type { CreateHarness } from '../contract/harness.ts';
import { wecomHarness } from '../contract/wecom-harness.ts';
import { startDingTalkSimulator } from '../simulators/dingtalk/simulator.ts';

/** Each signature is good for one message; here many are said within one moment. */
const dingtalk =
  (setting: DingTalkSetting): CreateHarness =>
  async ({ clock }) => {
    const rules = { callbackTimes: 'distinct' } as const;
    return createDingTalkHarness(
      await startDingTalkSimulator({ clock, templates: [dingtalkTemplate], rules }),
      setting,
    );
  };

export type Platform = {
  readonly name: string;
  readonly createHarness: CreateHarness;
  /** The platform's proof does not cover who wrote what. */
  readonly unproven: boolean;
  /** Presses of buttons come in this way. */
  readonly buttons: boolean;
};

/** Every way into every platform. */
export const platforms: readonly Platform[] = [
  { name: 'Feishu, long connection', createHarness: feishuHarness('ws'), unproven: false, buttons: true },
  { name: 'Feishu, webhook', createHarness: feishuHarness('webhook'), unproven: false, buttons: true },
  {
    name: 'DingTalk, Stream',
    createHarness: dingtalk({ mode: 'stream', cards: true }),
    unproven: false,
    buttons: true,
  },
  {
    name: 'DingTalk, Stream, without a template',
    createHarness: dingtalk({ mode: 'stream', cards: false }),
    unproven: false,
    buttons: false,
  },
  {
    name: 'DingTalk, HTTP callbacks',
    createHarness: dingtalk({ mode: 'webhook', cards: true }),
    unproven: true,
    buttons: false,
  },
  {
    name: 'WeCom, AI bot, long connection',
    createHarness: wecomHarness('bot'),
    unproven: false,
    buttons: false,
  },
  {
    name: 'WeCom, AI bot, webhook',
    createHarness: wecomHarness('bot-webhook'),
    unproven: false,
    buttons: false,
  },
  { name: 'WeCom, self-built app', createHarness: wecomHarness('app'), unproven: false, buttons: false },
];
