import type { Clock } from '../../../src/contract/runtime.ts';
import type { WeComCorp } from './platform.ts';
import type { WeComLimits, WeComRules } from './rules.ts';
import type { HistoryDetail } from './stream-history.ts';

export type WeComSimulatorOptions = {
  /** Time for every rule; real time by default. Without a fake clock waits are real. */
  readonly clock?: Clock;
  /** Same seed, same ids and same choices; default 1. */
  readonly seed?: number;
  /** Parts of the corporation's identity that are not to be minted. */
  readonly corp?: Partial<WeComCorp>;
  readonly rules?: Partial<Omit<WeComRules, 'limits'>>;
  readonly limits?: Partial<WeComLimits>;
  /** What is remembered of each change of a stream; default `full`. */
  readonly history?: HistoryDetail;
  /** Changes remembered for each stream; default 2,000. */
  readonly historyCapacity?: number;
  /** Messages remembered in all chats together; default 20,000. */
  readonly messageCapacity?: number;
  /** Calls and frames remembered; default 50,000. */
  readonly callCapacity?: number;
  /** TCP port on 127.0.0.1 of API and long connection; default 0, any free one. */
  readonly port?: number;
  /** TCP port on 127.0.0.1 of the media host; default 0, any free one. */
  readonly mediaPort?: number;
};
