import type { Clock } from '../../../src/contract/runtime.ts';
import type { HistoryDetail } from '../feishu/card-history.ts';
import type { CardTemplate } from './card-template.ts';
import type { DingTalkApp } from './platform.ts';
import type { DingTalkLimits, DingTalkRules } from './rules.ts';

export type DingTalkSimulatorOptions = {
  /** Time for every rule; real time by default. Without a fake clock waits are real. */
  readonly clock?: Clock;
  /** Same seed, same ids and same choices; default 1. */
  readonly seed?: number;
  /** Parts of the app's identity that are not to be minted. `robotCode` equals `clientId` unless it is set. */
  readonly app?: Partial<DingTalkApp>;
  readonly rules?: Partial<Omit<DingTalkRules, 'limits'>>;
  readonly limits?: Partial<DingTalkLimits>;
  /** Permissions granted to the app; all by default. A missing one is refused with 403 and named. */
  readonly scopes?: readonly string[];
  /** Card templates known beside the simulator's own. */
  readonly templates?: readonly CardTemplate[];
  /** Words the content filter refuses, in cards and messages. */
  readonly unsafeWords?: readonly string[];
  /** `one` (default): both APIs and downloads share a port. `three`: each has its own and knows no path of the others. */
  readonly hosts?: 'one' | 'three';
  /** What is remembered of each text change of a card; default `full`. */
  readonly history?: HistoryDetail;
  /** Text changes remembered for each card; default 2,000. */
  readonly historyCapacity?: number;
  /** Messages, cards and files remembered, each; default 20,000. */
  readonly capacity?: number;
  /** API calls remembered; default 50,000. */
  readonly callCapacity?: number;
  /** TCP port on 127.0.0.1 of the OpenAPI host; default 0, any free one. */
  readonly port?: number;
};
