import type { Clock } from '../../../src/contract/runtime.ts';
import type { CallLog } from './calls.ts';
import type { Changes } from './changes.ts';
import type { CallbackKeys } from './encryption.ts';
import type { Ids } from './ids.ts';
import type { MediaHost } from './media-host.ts';
import type { Quotas } from './quotas.ts';
import type { WeComRules } from './rules.ts';
import type { HistoryDetail } from './stream-history.ts';
import type { World } from './world.ts';

/** The corporation with its one AI bot and its one self-built app, as the consoles know them. */
export type WeComCorp = {
  readonly corpId: string;
  readonly botId: string;
  readonly botSecret: string;
  /** Without the `@`; may contain blanks. */
  readonly botName: string;
  readonly botToken: string;
  /** 43 characters. */
  readonly botEncodingAesKey: string;
  readonly agentId: number;
  readonly agentSecret: string;
  readonly agentName: string;
  readonly agentToken: string;
  readonly agentEncodingAesKey: string;
};

/** What the three integrations share. */
export type Platform = {
  readonly corp: WeComCorp;
  readonly rules: WeComRules;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ids: Ids;
  readonly world: World;
  readonly media: MediaHost;
  readonly quotas: Quotas;
  readonly calls: CallLog;
  readonly changes: Changes;
  readonly history: { readonly detail: HistoryDetail; readonly capacity: number };
  /** Base address of API and long connection, without a trailing slash. */
  url(): string;
  /** Milliseconds since the epoch, from the injected clock. */
  now(): number;
  /** Aborts when the simulator stops. */
  readonly stopped: AbortSignal;
};

export function botKeys({ botToken, botEncodingAesKey }: WeComCorp): CallbackKeys {
  return { token: botToken, encodingAesKey: botEncodingAesKey, receiveId: '' };
}

export function appKeys({ agentToken, agentEncodingAesKey, corpId }: WeComCorp): CallbackKeys {
  return { token: agentToken, encodingAesKey: agentEncodingAesKey, receiveId: corpId };
}
