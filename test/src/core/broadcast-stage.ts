import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { AdapterId, PersonKey, PlatformId } from '../../../src/contract/ids.ts';
import { createBroadcasts, type Broadcasts } from '../../../src/core/broadcast.ts';
import { createAccess } from '../../../src/core/access.ts';
import { newTurnId } from '../../../src/core/ids.ts';
import { openPolicy, type PolicyBook } from '../../../src/core/policy.ts';
import { scopeOf } from '../../../src/core/scope.ts';
import type { Tally } from '../../../src/store/broadcasts.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { createFakeAdapter, fakeMessage, type FakeAdapter } from '../../fakes/adapter.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { silentLog } from '../../fakes/core.ts';

export const never = new AbortController().signal;
export const randomByte = (): number => Math.floor(Math.random() * 256);
export const dayMs = 24 * 60 * 60_000;
export const minuteMs = 60_000;

type Platform = FakeAdapter & { readonly times: number[]; state: 'up' | 'down' };

let folder: string;
export let store: Store;
export let policy: PolicyBook;
export let clock: FakeClock;
export let adapters: Map<AdapterId, Platform>;
export let works: Promise<void>[];
/** Ends the process that is tried: nothing further leaves. */
export let halting: AbortController;

export function platform(id: string): Platform {
  const fake = createFakeAdapter();
  const times: number[] = [];
  const made: Platform = {
    ...fake,
    id: id as AdapterId,
    platform: id as PlatformId,
    times,
    state: 'up',
    health: () => ({ state: made.state, since: new Date(0), reconnects: 0 }),
    async send(...given) {
      times.push(clock.now().getTime());
      await fake.send(...given);
    },
  };
  return made;
}

export function process(leading = (): boolean => true): Broadcasts {
  halting = new AbortController();
  return createBroadcasts({
    store,
    leading,
    policy,
    access: createAccess(policy.current),
    adapters,
    clock,
    newId: () => newTurnId(randomByte),
    log: silentLog,
    background: (work) => void works.push(work),
    halting: halting.signal,
    dying: never,
  });
}

/** An empty database and two platforms for each test of the file. */
export function onBroadcastStage(): void {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bridge-broadcast-'));
    store = await openStore({ file: join(folder, 'bridge.db') }, systemClock);
    const admins = [{ platform: 'one' as PlatformId, id: 'root' }];
    policy = await openPolicy(store.policy, { admins, allow: undefined }, 'user');
    clock = createFakeClock();
    works = [];
    adapters = new Map(['one', 'two'].map((id) => [id as AdapterId, platform(id)]));
  });
  afterEach(async () => {
    halting.abort();
    for (const adapter of adapters.values()) adapter.state = 'up';
    await clock.advance(10 * minuteMs);
    await Promise.all(works);
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
}

export const fakeOf = (id: string): Platform => {
  const found = adapters.get(id as AdapterId);
  if (found === undefined) throw new Error(`no platform ${id}`);
  return found;
};
export const sentTo = (id: string): string[] => fakeOf(id).sent.map(({ to }) => JSON.parse(to) as string);

type Asked = {
  readonly on?: string;
  readonly from: string;
  readonly group?: string;
  readonly agoMs?: number;
  readonly name?: string;
};

/** Somebody asks a question, in the direct chat unless a group is named. */
export async function asked({ on = 'one', from, group, agoMs = minuteMs, name }: Asked): Promise<void> {
  const plain = fakeMessage({ from, direct: group === undefined, chat: group ?? `chat-of-${from}` });
  const place = { ...plain.place, adapter: on as AdapterId, platform: on as PlatformId };
  const sender = { key: from as PersonKey, ...(name === undefined ? {} : { name }) };
  const acceptedAt = clock.now().getTime() - agoMs;
  const message = { ...plain, place, sender };
  const turn = {
    id: newTurnId(randomByte),
    kind: 'question' as const,
    scope: scopeOf(place, sender.key, 'user'),
    message,
    buttonKey: newTurnId(randomByte),
    acceptedAt,
  };
  const { eventKey } = message;
  await store.turns.admit({ adapter: place.adapter, eventKey, at: acceptedAt, turnIfNew: () => turn });
}

export const root = {
  platform: 'one' as PlatformId,
  person: 'root' as PersonKey,
  chat: 'chat-of-root' as never,
};
export const now = (): number => clock.now().getTime();

export async function announced(broadcasts: Broadcasts, text = '今晚八点维护'): Promise<string> {
  const answer = await broadcasts.announce(text, root, now());
  if (answer.state !== 'ready') throw new Error(`not ready but ${answer.state}`);
  return answer.code;
}

export async function begun(broadcasts: Broadcasts): Promise<string> {
  const confirmed = await broadcasts.confirm(await announced(broadcasts), root, now(), false);
  if (confirmed.state !== 'begun') throw new Error(confirmed.state);
  return confirmed.id;
}

/** Lets time pass until it holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let steps = 0; steps < 3_000; steps += 1) {
    if (await condition()) return;
    await clock.advance(100);
  }
  throw new Error('never happened');
}

export async function ended(broadcasts: Broadcasts, id: string): Promise<Record<string, number>> {
  let last: { tally: Tally; ended: boolean } | undefined;
  const watching = (async () => {
    for await (const progress of broadcasts.watch(id, never)) last = progress;
  })();
  await until(() => last?.ended === true);
  await watching;
  return Object.fromEntries(last?.tally ?? []);
}
