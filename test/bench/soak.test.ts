import { describe, expect, it } from 'vitest';
import { growth, kindsOf } from './soak-snapshot.ts';
import { trackReplies } from './soak-replies.ts';
import { verdict, type Sample, type SoakOutcome } from './soak-verdict.ts';
import { holds } from './table.ts';

const kilobyte = 1024;
const calm: Sample = {
  atSeconds: 0,
  messages: 0,
  heapBytes: 40_000 * kilobyte,
  externalBytes: 0,
  residentMebibytes: 0,
  descriptors: 40,
  sockets: 12,
  handles: 18,
};

/** A closer look after so many messages: so much of the program's, so much of the engine's own. */
const close = (messages: number, objects: number, code: number): Sample => ({
  ...calm,
  messages,
  held: new Map([
    ['object Map', { name: 'object Map', count: 1, bytes: objects }],
    ['(code)', { name: '(code)', count: 1, bytes: code }],
  ]),
});

/** Twenty looks, one every 200 messages, with a saw of ten kilobytes on top. */
function growing(kilobytesPerThousand: number): Sample[] {
  return Array.from({ length: 20 }, (_, index) => ({
    ...calm,
    messages: index * 200,
    heapBytes: calm.heapBytes + ((index * 200 * kilobytesPerThousand) / 1000 + (index % 2) * 10) * kilobyte,
  }));
}

const outcome = (changed: Partial<SoakOutcome> = {}): SoakOutcome => ({
  baseline: calm,
  warm: close(0, 0, 0),
  samples: growing(0),
  rested: close(4_000, 0, kilobyte ** 2),
  open: 0,
  refused: 0,
  errors: 0,
  ...changed,
});

const failing = (changed: Partial<SoakOutcome>): string[] =>
  verdict(outcome(changed))
    .filter((figure) => !holds(figure))
    .map(({ name }) => name);

describe('verdict', () => {
  it('holds where objects only come and go', () => expect(failing({})).toEqual([]));

  it('finds a leak of a hundred kilobytes in a thousand messages', () =>
    expect(failing({ samples: growing(100) })).toEqual([
      'growth of the whole heap, upper end of the 95 % interval',
    ]));

  it('finds it in the objects, too, which tells it from code', () =>
    expect(failing({ rested: close(4_000, 400 * kilobyte, 0) })).toEqual([
      'growth of objects, strings and arrays per 1,000 messages, from the first to the last look',
    ]));

  it('does not hold on too few looks to tell', () =>
    expect(failing({ samples: growing(0).slice(0, 2) })).toHaveLength(1));

  it('finds sockets that stay open', () =>
    expect(failing({ rested: { ...close(4_000, 0, 0), sockets: 30, descriptors: 58 } })).toEqual([
      'descriptors at rest above those before the first message',
      'sockets at rest above those before the first message',
    ]));

  it.each(['open', 'refused', 'errors'] as const)('does not forgive one of "%s"', (which) =>
    expect(failing({ [which]: 1 })).toHaveLength(1),
  );
});

describe('heap snapshots', () => {
  /** Nodes of three fields: an object of a class, and a string. */
  const snapshot = (sockets: number, text: number): string =>
    JSON.stringify({
      snapshot: {
        meta: {
          node_fields: ['type', 'name', 'self_size'],
          node_types: [['object', 'string'], 'string', 'number'],
        },
      },
      nodes: [...Array.from({ length: sockets }, () => [0, 0, 100]).flat(), 1, 1, text],
      strings: ['Socket', 'some text'],
    });

  it('tells of what there is more, by constructor, the most first', () => {
    const more = growth(kindsOf(snapshot(1, 50)), kindsOf(snapshot(4, 60)), 10);
    expect(more).toEqual([
      { name: 'object Socket', count: 3, bytes: 300 },
      { name: '(string)', count: 0, bytes: 10 },
    ]);
  });
});

it('looks at a finished reply no more', () => {
  const looked: string[] = [];
  const live = new Set(['one', 'two']);
  const replies = trackReplies((id) => {
    looked.push(id);
    return live.has(id);
  });
  for (const id of ['question', 'one', 'two']) replies.add(id);
  expect(replies.open()).toBe(2);
  live.delete('one');
  expect(replies.open()).toBe(1);
  looked.length = 0;
  expect(replies.open()).toBe(1);
  expect(looked).toEqual(['two']);
});
