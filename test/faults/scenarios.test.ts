import { describe, expect, it } from 'vitest';
import { postgresIsMissing, postgresUrl } from '../fakes/postgres.ts';
import type { Scenario } from './scenario.ts';
import { failpointScenario } from './scenarios/failpoints.ts';
import { killScenario } from './scenarios/kills.ts';
import { networkScenario } from './scenarios/network.ts';
import { redeliveryScenario } from './scenarios/redelivery.ts';
import { rollingScenario } from './scenarios/rolling.ts';
import { storeTroubleScenario } from './scenarios/store-trouble.ts';

/** `npm run test:faults` does the same at length, and prints the figures. */
const short: readonly Scenario[] = [
  redeliveryScenario,
  killScenario,
  failpointScenario,
  networkScenario,
  storeTroubleScenario,
  rollingScenario,
];

const server = await postgresUrl();
const seed = 20;

async function given(): Promise<string> {
  if (server === undefined) throw new Error(postgresIsMissing);
  return server;
}

describe.each(short)('$what', (scenario) => {
  it.each(scenario.ways)(
    'leaves exactly one ended reply for every message, on $engine with $replicas replica(s)',
    async (way) => {
      const lines: string[] = [];
      const { faults, figures } = await scenario.run({
        ...way,
        rounds: scenario.rounds.short,
        seed,
        server: given,
        note: (line) => lines.push(line),
      });
      expect(faults).toEqual([]);
      const above = figures.filter(({ value, target }) => target !== undefined && value > target);
      expect(above).toEqual([]);
    },
    180_000,
  );
});
