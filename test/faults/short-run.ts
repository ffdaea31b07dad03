import { expect, it } from 'vitest';
import type { Scenario } from './scenario.ts';

/** The same for every change, so that what fails can be made again at once. */
const seed = 20;
const withinMs = 240_000;

/** One scenario as briefly as it still says something; `npm run test:faults` does the same at length. */
export function tryBriefly(
  { name, what, rounds, run }: Scenario,
  way: Scenario['ways'][number],
  server: () => Promise<string>,
): void {
  it(
    `${name} (${way.replicas} on ${way.engine}): ${what}`,
    async () => {
      const { faults, figures } = await run({
        ...way,
        rounds: rounds.short,
        seed,
        server,
        note: () => undefined,
      });
      expect(faults).toEqual([]);
      const above = figures.filter(({ value, target }) => target !== undefined && value > target);
      expect(above).toEqual([]);
    },
    withinMs,
  );
}
