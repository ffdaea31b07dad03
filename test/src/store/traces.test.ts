import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EventKey, PersonKey, PlatformId } from '../../../src/contract/ids.ts';
import type { NewTurn, TurnId, TurnPatch } from '../../../src/core/turn.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { systemClock } from '../../../src/clock.ts';
import { questionTurn } from '../core/traces.ts';

const asked = createFakeClock().now().getTime();
const platform = 'fake' as PlatformId;
const alice = 'alice' as PersonKey;

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-traces-'));
  store = await openStore({ file: join(folder, 'bridge.db') }, systemClock);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function add(id: string, afterMs: number, more: Partial<NewTurn> = {}, patch: TurnPatch = {}) {
  const turn = questionTurn(createFakeClock());
  const message = { ...(more.message ?? turn.message), eventKey: `event-${id}` as EventKey };
  const added = { ...turn, ...more, message, id: id as TurnId, buttonKey: id, acceptedAt: asked + afterMs };
  const { adapter } = message.place;
  const admittance = { adapter, eventKey: message.eventKey, at: asked, turnIfNew: () => added };
  expect(await store.turns.admit(admittance)).toBe('new');
  await store.turns.save(added.id, patch, asked);
}

const ended = (server: string): TurnPatch => ({ state: 'done', trace: { server } });

it('gives back how ended questions went, the newest first and no more than wanted', async () => {
  await add('aaaa222222222222', 0, {}, ended('too early'));
  for (const [index, id] of ['bbbb', 'cccc', 'dddd'].entries())
    await add(id.padEnd(16, '2'), 100 + index, {}, ended(id));
  await add('eeee222222222222', 200, { kind: 'command' }, ended('command'));
  await add('ffff222222222222', 200, {}, { state: 'streaming', trace: { openedMs: 1 } });
  await add('gggg222222222222', 200, {}, { state: 'done' });
  await add('hhhh222222222222', 150, {}, { state: 'finalising', trace: { server: 'being shown' } });
  const serversOf = async (limit: number): Promise<unknown[]> =>
    (await store.turns.tracesSince(asked + 100, limit)).map(({ trace }) => trace.server);
  expect(await serversOf(10)).toEqual(['being shown', 'dddd', 'cccc', 'bbbb']);
  expect(await serversOf(2)).toEqual(['being shown', 'dddd']);
});

it('finds the newest turn whose id begins so, and none whose id only comes near', async () => {
  await add('k7p2aaaaaaaaaaaa', 0);
  await add('k7p2zzzzzzzzzzzz', 1);
  await add('k7p2bbbbbbbbbbbb', 2, { kind: 'command' });
  for (const near of ['k7p3222222222222', 'k7nzzzzzzzzzzzzz', 'k8p2222222222222']) await add(near, 3);
  expect((await store.turns.byShortId('k7p2', {}))?.id).toBe('k7p2zzzzzzzzzzzz');
  expect((await store.turns.byShortId('k7p2aaaaaaaaaaaa', {}))?.id).toBe('k7p2aaaaaaaaaaaa');
  expect(await store.turns.byShortId('k7p4', {})).toBeUndefined();
});

it('keeps to one person of one platform, in one scope, where that is asked for', async () => {
  const { message } = questionTurn(createFakeClock());
  const from = (person: string) => ({ ...message, sender: { key: person as PersonKey } });
  await add('k7p2aaaaaaaaaaaa', 0, { message: from('alice') });
  await add('k7p2bbbbbbbbbbbb', 1, { message: from('bob') });
  expect((await store.turns.byShortId('k7p2', { platform, person: alice }))?.id).toBe('k7p2aaaaaaaaaaaa');
  const elsewhere = 'other' as PlatformId;
  expect(await store.turns.byShortId('k7p2', { platform: elsewhere, person: alice })).toBeUndefined();
  const { scope } = questionTurn(createFakeClock());
  expect((await store.turns.byShortId('', { platform, person: alice, scope }))?.id).toBe('k7p2aaaaaaaaaaaa');
  expect(
    await store.turns.byShortId('', { platform, person: alice, scope: `${scope}2` as typeof scope }),
  ).toBeUndefined();
});
