import type { Adapter } from '../contract/adapter.ts';
import { startOf } from '../calendar.ts';
import type { Config } from '../config/types.ts';
import type { Lanes } from '../core/lanes.ts';
import type { TurnState } from '../core/turn.ts';
import type { Model } from '../model/types.ts';
import { pushesOf, type CallUse } from '../reply/call-ledger.ts';
import type { PaceLevel } from '../reply/pace.ts';
import type { Store } from '../store/store.ts';
import { answerHistory, historyLimit, historyMs, type AnswerHistory } from './answer-history.ts';

export type PlatformReport = {
  readonly id: string;
  readonly health: ReturnType<Adapter['health']>;
  readonly calls: CallUse;
  /** Events the platform pushed; some editions count these too. */
  readonly pushes: CallUse;
  readonly monthlyCalls: number | undefined;
  readonly pace: PaceLevel;
};

/** Everything `/status` shows, from caches and two looks into the store: no call to a platform or a model server. */
export type StatusReport = {
  readonly version: string;
  readonly uptimeMs: number;
  readonly platforms: readonly PlatformReport[];
  readonly models: ReturnType<Model['health']>;
  readonly answering: number;
  readonly waiting: number;
  /** Questions since midnight in the service's time zone. */
  readonly today: ReadonlyMap<TurnState, number>;
  readonly history: AnswerHistory;
  readonly storeBytes: number;
  readonly storeHealthy: boolean;
  readonly at: Date;
};

export type StatusSources = {
  readonly config: Pick<Config, 'timeZone'>;
  readonly version: string;
  readonly startedAt: Date;
  readonly now: () => Date;
  readonly adapters: readonly Adapter[];
  readonly model: Model;
  readonly lanes: Lanes;
  readonly store: Store;
  readonly use: (platform: string) => CallUse;
  readonly pace: (adapter: Adapter) => PaceLevel;
};

export function createStatusReporter(sources: StatusSources): () => Promise<StatusReport> {
  return async () => {
    const at = sources.now();
    const { running: answering, waiting } = sources.lanes.totals();
    const { turns } = sources.store;
    const [today, traces] = await Promise.all([
      turns.countsSince(startOf('day', at, sources.config.timeZone)),
      turns.tracesSince(at.getTime() - historyMs, historyLimit),
    ]);
    return {
      version: sources.version,
      uptimeMs: at.getTime() - sources.startedAt.getTime(),
      platforms: sources.adapters.map((adapter) => ({
        id: adapter.id,
        health: adapter.health(),
        calls: sources.use(adapter.platform),
        pushes: sources.use(pushesOf(adapter.platform)),
        monthlyCalls: adapter.capabilities.monthlyCalls,
        pace: sources.pace(adapter),
      })),
      models: sources.model.health(),
      answering,
      waiting,
      today,
      history: answerHistory(traces, at),
      storeBytes: sources.store.sizeBytes(),
      storeHealthy: sources.store.healthy(),
      at,
    };
  };
}
