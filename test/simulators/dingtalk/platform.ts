import type { Clock } from '../../../src/contract/runtime.ts';
import type { HistoryDetail } from '../feishu/card-history.ts';
import type { CardStore } from './card-store.ts';
import type { Changes } from './changes.ts';
import type { Ids } from './ids.ts';
import type { RateLimits } from './rate-limits.ts';
import type { DingTalkRules } from './rules.ts';
import type { Tokens } from './tokens.ts';
import type { World } from './world.ts';

/** The app as the developer console knows it. */
export type DingTalkApp = {
  /** Client ID, also AppKey. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Usually equal to the Client ID, not always. */
  readonly robotCode: string;
  readonly corpId: string;
  /** `appId` of frames. */
  readonly unifiedAppId: string;
  readonly botName: string;
  /** `chatbotUserId` of messages. */
  readonly botUserId: string;
};

/** Settings of the developer console that can be wrong. */
export type AppConsole = {
  /** Before that neither gateway nor `senderStaffId` work. */
  published: boolean;
  /** Whether the robot receives over Stream. */
  streamMode: boolean;
  /** Whether the caller's address is in the list of allowed ones. */
  addressAllowed: boolean;
};

/** What routes and deliveries share. */
export type Platform = {
  readonly app: DingTalkApp;
  readonly console: AppConsole;
  readonly rules: DingTalkRules;
  readonly ids: Ids;
  readonly random: () => number;
  readonly clock: Clock;
  readonly world: World;
  readonly cards: CardStore;
  readonly limits: RateLimits;
  readonly tokens: Tokens;
  readonly changes: Changes;
  readonly unsafeWords: readonly string[];
  readonly history: { readonly detail: HistoryDetail; readonly capacity: number };
  /** Base addresses; set once the servers listen. */
  readonly urls: { api: string; oapi: string; download: string };
  /** Aborted when the simulator stops. */
  readonly stopped: AbortSignal;
  /** Milliseconds since the epoch, from the injected clock. */
  now(): number;
};

/** Whether the content filter lets a text pass. */
export function isSafe(platform: Platform, text: string): boolean {
  return !platform.unsafeWords.some((word) => text.includes(word));
}
