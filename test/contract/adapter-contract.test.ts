import { describe, expect, it } from 'vitest';
import { contractGroups, describeAdapterContract, tryBehaviour } from './adapter-contract.ts';
import { brokenAdapters } from './broken/broken.ts';
import { remade } from './broken/tools.ts';
import { memoryHarness } from './memory/harness.ts';
import { NOT_REACHED } from './stage.ts';
import type { Pace } from './surroundings.ts';

const live = { updates: 'live', oneText: false, webhook: false } as const;

describeAdapterContract('A platform in memory', memoryHarness(live));
describeAdapterContract(
  'One with webhooks and one text',
  memoryHarness({ ...live, oneText: true, webhook: true }),
);
describeAdapterContract(
  'One that shows answers at their end',
  memoryHarness({ ...live, updates: 'final-only' }),
);

/** In memory nothing takes time, so what does not come about soon never does. */
const hasty: Pace = { stepMs: 250, waitMs: 0, patienceMs: 45_000, idleMs: 20 };
const behaviours = contractGroups.flatMap((group) => group.behaviours);

describe('the suite', () => {
  it('has a name of its own for each behaviour', () => {
    expect(new Set(behaviours.map(({ name }) => name)).size).toBe(behaviours.length);
    expect(behaviours.length).toBeGreaterThan(50);
  });

  it('has a broken adapter for each behaviour', () => {
    const caught = brokenAdapters.flatMap(({ caughtBy }) => caughtBy);
    expect(behaviours.map(({ name }) => name).filter((name) => !caught.includes(name))).toEqual([]);
  });

  it.for(behaviours)('reports nothing of a sound adapter in haste: $name', async (behaviour) => {
    expect(await tryBehaviour(behaviour, memoryHarness(live), hasty)).toBe('passed');
  });

  const cases = brokenAdapters.flatMap((broken) => broken.caughtBy.map((name) => ({ ...broken, name })));
  it.for(cases)('reports an adapter that $is: $name', async ({ name, options, ...remake }) => {
    const behaviour = behaviours.find((known) => known.name === name);
    if (behaviour === undefined) throw new Error('there is no such behaviour');
    const broken = remade(memoryHarness({ ...live, ...options }), remake);
    await expect(tryBehaviour(behaviour, broken, hasty)).rejects.not.toThrow(NOT_REACHED);
  });
});
