import { dingtalkStage } from '../../e2e/dingtalk-stage.ts';
import { feishuStage } from '../../e2e/feishu-stage.ts';
import type { CreateStage } from '../../e2e/stage.ts';
import { wecomStage } from '../../e2e/wecom-stages.ts';

/** Each integration that reaches out to its platform by itself. */
export type ReachingPlatform = {
  readonly platform: string;
  readonly stage: CreateStage;
  /** It holds a WebSocket. */
  readonly socket: boolean;
};

export const reachingPlatforms: readonly ReachingPlatform[] = [
  { platform: 'Feishu', stage: feishuStage('ws'), socket: true },
  { platform: 'DingTalk', stage: dingtalkStage({ mode: 'stream', cards: true }), socket: true },
  { platform: 'WeCom, AI bot', stage: wecomStage('bot'), socket: true },
  { platform: 'WeCom, self-built app', stage: wecomStage('app'), socket: false },
];
