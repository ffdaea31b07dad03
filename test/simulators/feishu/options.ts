import type { Clock } from '../../../src/contract/runtime.ts';
import type { HistoryDetail } from './card-history.ts';
import type { ClientConfig } from './connection.ts';
import type { FeishuApp } from './platform.ts';
import type { FeishuLimits, FeishuRules } from './rules.ts';

export type FeishuSimulatorOptions = {
  /** Time for every rule; real time by default. Without a fake clock waits are real. */
  readonly clock?: Clock;
  /** Same seed, same ids (but the app id) and same choices; default 1. */
  readonly seed?: number;
  /** Parts of the app's identity that are not to be minted. */
  readonly app?: Partial<FeishuApp>;
  readonly rules?: Partial<Omit<FeishuRules, 'limits'>>;
  readonly limits?: Partial<FeishuLimits>;
  /** Permissions granted to the app; all by default. A missing one is refused with 99991672 and named. */
  readonly scopes?: readonly string[];
  /** Seconds; defaults are the platform's: reconnect 120, nonce 30, ping 120, without end. */
  readonly clientConfig?: Partial<ClientConfig>;
  /** What is remembered of each text change of a card; default `full`. */
  readonly history?: HistoryDetail;
  /** Text changes remembered for each card; default 2,000. */
  readonly historyCapacity?: number;
  /** Messages remembered in all chats together; default 20,000. */
  readonly messageCapacity?: number;
  /** API calls remembered; default 50,000. */
  readonly callCapacity?: number;
  /** TCP port on 127.0.0.1; default 0, any free one. */
  readonly port?: number;
};
