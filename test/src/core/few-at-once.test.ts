import { expect, it } from 'vitest';
import type { PersonKey } from '../../../src/contract/ids.ts';
import { createFewAtOnce } from '../../../src/core/few-at-once.ts';
import type { TurnId, TurnKind } from '../../../src/core/turn.ts';
import { asTurn } from '../../../src/core/turn.ts';
import type { Scope } from '../../../src/core/scope.ts';
import { fakeMessage } from '../../fakes/adapter.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns are named after their person and their number. */
function turnOf(name: string, kind: TurnKind = 'command') {
  const message = fakeMessage({ sender: { key: name.slice(0, 1) as PersonKey } });
  return asTurn({
    id: name as TurnId,
    kind,
    scope: 'scope' as Scope,
    message,
    buttonKey: 'key',
    acceptedAt: 0,
  });
}

function stand() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<undefined>>();
  const run = createFewAtOnce(({ id }) => {
    begun.push(id);
    const end = Promise.withResolvers<undefined>();
    ends.set(id, end);
    return end.promise;
  });
  return { begun, ends, run };
}

it('carries out three of one person at once, the first come first, and those of others beside them', async () => {
  const { begun, ends, run } = stand();
  const all = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1'].map((name) => run(turnOf(name)));
  expect(begun).toEqual(['a1', 'a2', 'a3', 'b1']);
  ends.get('a2')?.resolve(undefined);
  await settle();
  expect(begun.slice(4)).toEqual(['a4']);
  ends.get('a1')?.reject(new Error('no'));
  await expect(all[0]).rejects.toThrow('no');
  await settle();
  expect(begun.slice(5)).toEqual(['a5']);
  for (const name of ['a3', 'a4', 'a5', 'b1']) ends.get(name)?.resolve(undefined);
  await Promise.all(all.slice(1));
});

it('lets questions pass: they have lanes of their own', () => {
  const { begun, run } = stand();
  for (const name of ['a1', 'a2', 'a3', 'a4']) void run(turnOf(name, 'question'));
  expect(begun).toHaveLength(4);
});
