import { assert, constantFrom, integer, property, record, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aheadOf } from '../../../src/store/lanes.ts';

type Waiting = { readonly id: number; readonly owner: string; readonly acceptedAt: number };

const owners = ['a', 'b', 'c'] as const;
/** In the order in which they stand in the lanes of their processes, which need not be that of their times. */
const waiting = uniqueArray(
  record({
    id: integer({ min: 0, max: 99 }),
    owner: constantFrom(...owners),
    acceptedAt: integer({ min: 0, max: 5 }),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);

const ahead = (all: readonly Waiting[], answered: Waiting | undefined, me: string): number =>
  aheadOf(
    all.map(({ id, owner, acceptedAt }) => ({
      id: String(id),
      acceptedAt,
      mine: owner === me,
      begun: id === answered?.id,
    })),
  );
const headsOf = (all: readonly Waiting[]): readonly Waiting[] =>
  owners.flatMap((owner) => all.filter((turn) => turn.owner === owner).slice(0, 1));

describe('a lane that several processes share', () => {
  it('always lets one of them go on, and exactly one', () => {
    assert(
      property(waiting, (asked) => {
        let left: readonly Waiting[] = asked;
        while (left.length > 0) {
          const free = headsOf(left).filter(({ owner }) => ahead(left, undefined, owner) === 0);
          expect(free).toHaveLength(1);
          const [next] = free;
          for (const { owner } of headsOf(left))
            if (owner !== next?.owner) expect(ahead(left, next, owner)).toBeGreaterThan(0);
          left = left.filter((turn) => turn !== next);
        }
      }),
    );
  });
});
