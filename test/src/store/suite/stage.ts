import { afterEach, beforeEach, expect } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import type { AdapterId, EventKey, PlatformId, PersonKey } from '../../../../src/contract/ids.ts';
import type { InboundMessage } from '../../../../src/contract/inbound.ts';
import { scopeOf } from '../../../../src/core/scope.ts';
import type { NewTurn, TurnId, TurnPatch } from '../../../../src/core/turn.ts';
import { openStore, type Store } from '../../../../src/store/store.ts';
import { fakeMessage } from '../../../fakes/adapter.ts';
import { writingDown } from './called.ts';
import type { TestPlace } from './engines.ts';

export const adapter = 'fake' as AdapterId;
export const platform = 'fake' as PlatformId;
export const alice = 'alice' as PersonKey;
export const bob = 'bob' as PersonKey;
/** 2026-11-20T08:00:00Z */
export const morning = 1_795_161_600_000;
export const groupScope = scopeOf(fakeMessage().place, alice, 'group');

/** What one test of the suite works on. */
export type StoreStage = {
  /** The store of this test. */
  readonly store: () => Store;
  /** The same database, opened once more. */
  readonly open: () => Promise<Store>;
  readonly place: () => TestPlace['place'];
  /** Everything that was called so far. */
  readonly called: Set<string>;
};

/** An empty database for each test of the surrounding `describe`. */
export function stageStores(makePlace: () => Promise<TestPlace>): StoreStage {
  const called = new Set<string>();
  let at: TestPlace;
  let opened: Store[] = [];
  const open = async (): Promise<Store> => {
    const store = await openStore(at.place, systemClock);
    opened.push(store);
    return writingDown(store, called);
  };
  let store: Store;
  beforeEach(async () => {
    at = await makePlace();
    store = await open();
  });
  afterEach(async () => {
    await Promise.all(opened.map((each) => each.close()));
    opened = [];
    await at.remove();
  });
  return { store: () => store, open, place: () => at.place, called };
}

export type Asked = Partial<Omit<NewTurn, 'message'>> & {
  readonly message?: Parameters<typeof fakeMessage>[0];
  readonly patch?: TurnPatch;
};

/** A turn's id of the usual length. */
export const turnId = (name: string): TurnId => name.padEnd(16, 'x') as TurnId;

/** Admits a question of alice in the group, as all of it is unless said otherwise. */
export async function ask(store: Store, name: string, asked: Asked = {}): Promise<InboundMessage> {
  const { message: parts, patch, ...more } = asked;
  const message = fakeMessage({ eventKey: `event-${name}` as EventKey, ...parts });
  const turn: NewTurn = {
    id: turnId(name),
    kind: 'question',
    scope: groupScope,
    message,
    buttonKey: `key-${name}`,
    acceptedAt: morning,
    ...more,
  };
  const admittance = { adapter, eventKey: message.eventKey, at: turn.acceptedAt, turnIfNew: () => turn };
  expect(await store.turns.admit(admittance)).toBe('new');
  if (patch !== undefined) await store.turns.save(turn.id, patch, turn.acceptedAt);
  return message;
}

export const answered = (more: TurnPatch = {}): TurnPatch => ({
  state: 'done',
  question: 'what',
  answer: 'that',
  ...more,
});
