import type { Integration } from '../e2e/integrations.ts';
import type { EngineName } from './stand/database.ts';

/** One line of the scorecard. With `target`, the figure must not be above it. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: number;
};

export type ScenarioResult = {
  readonly figures: readonly Figure[];
  /** What broke a promise, in words; empty: nothing. */
  readonly faults: readonly string[];
};

export type ScenarioRun = {
  readonly engine: EngineName;
  readonly replicas: number;
  /** How much of it: kills, times each failpoint, redeliveries, as the scenario says. */
  readonly rounds: number;
  readonly seed: number;
  /** Only integrations whose name holds this; unset: every one that the scenario is for. */
  readonly only?: string | undefined;
  /** The address of a PostgreSQL, started when it is asked for first. */
  readonly server: () => Promise<string>;
  readonly note: (line: string) => void;
};

/** Something that is done to the service, and what is looked at afterwards. Each is a file beside this one. */
export type Scenario = {
  readonly name: string;
  /** For the scorecard's reader: what is done. */
  readonly what: string;
  /** Each way in which it is run. */
  readonly ways: readonly { readonly engine: EngineName; readonly replicas: number }[];
  /** `long` for the scorecard, `short` for every change. */
  readonly rounds: { readonly long: number; readonly short: number };
  run(run: ScenarioRun): Promise<ScenarioResult>;
};

/** Those of `all` that this run is for, each with a seed of its own that does not depend on the others. */
export function chosen(
  { only, seed }: Pick<ScenarioRun, 'only' | 'seed'>,
  all: readonly Integration[],
): readonly { readonly integration: Integration; readonly seed: number }[] {
  return all
    .map((integration, index) => ({ integration, seed: seed + index }))
    .filter(({ integration }) => only === undefined || integration.name.includes(only));
}

/** How many of `rounds` fall to each of `count`, as evenly as may be. */
export function shares(rounds: number, count: number): readonly number[] {
  return Array.from(
    { length: count },
    (_, index) => Math.floor((rounds * (index + 1)) / count) - Math.floor((rounds * index) / count),
  );
}

/**
 * From a restart to the end of every reply. With the embedded database whoever starts knows that the one before is dead; on
 * a shared one it may be another that lives, so its leases of fifteen seconds are waited for.
 */
export const recoverWithinS: Readonly<Record<EngineName, number>> = { sqlite: 10, postgres: 20 };

/** What came of the replies after processes were killed. */
export function outcomeFigures(
  { engine }: Pick<ScenarioRun, 'engine'>,
  { faults, recoveredMs }: { readonly faults: readonly string[]; readonly recoveredMs: readonly number[] },
): readonly Figure[] {
  return [
    { name: 'lost, doubled or unfinished replies', value: faults.length, unit: 'replies', target: 0 },
    {
      name: 'from the restart to the last reply’s end, p99',
      value: percentile(recoveredMs, 0.99) / 1_000,
      unit: 's',
      target: recoverWithinS[engine],
    },
  ];
}

/** One process, on each engine. */
export const alone: Scenario['ways'] = [
  { engine: 'sqlite', replicas: 1 },
  { engine: 'postgres', replicas: 1 },
];

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Several faults in a row are one cause's; the first ones tell it. */
export const enoughFaults = 20;

/** One process on each engine, and two on the engine that several can share. */
export const aloneAndTogether: Scenario['ways'] = [...alone, { engine: 'postgres', replicas: 2 }];
