import type { Insertable, Kysely, Transaction } from 'kysely';
import type { AdapterId, Address, ChatKey, PersonKey, PlatformId } from '../contract/ids.ts';
import type { BroadcastRow, BroadcastTargetRow, Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** `asked`: waits for its confirmation. `stopped`: ended before all of it was sent. */
export type BroadcastState = 'asked' | 'sending' | 'done' | 'stopped';

/** An administrator's message to many chats. `createdAt` in milliseconds since the epoch. */
export type Broadcast = {
  readonly id: string;
  readonly text: string;
  readonly platform: PlatformId;
  readonly person: PersonKey;
  readonly state: BroadcastState;
  readonly createdAt: number;
};

/**
 * `sending`: the call is about to leave, or has left. `unsure`: it may have got through, so it is not repeated. The rest
 * is certain.
 */
export type TargetState = 'waiting' | 'sending' | 'sent' | 'failed' | 'unsure';

/** One chat a broadcast goes to, once. */
export type BroadcastTarget = {
  readonly position: number;
  readonly adapter: AdapterId;
  readonly address: Address;
};

/** How many targets are in which state; a state without any is absent. */
export type Tally = ReadonlyMap<TargetState, number>;

/** A chat in which this person has asked something. */
export type UsedChat = {
  readonly adapter: AdapterId;
  readonly platform: PlatformId;
  readonly kind: 'direct' | 'group';
  readonly chat: ChatKey;
  readonly person: PersonKey;
};

export type BroadcastStore = {
  /** Where questions were asked since then and by whom, the latest first. */
  usedChats(since: number, limit: number): Promise<readonly UsedChat[]>;
  /** Keeps it with its targets; what the same person had not confirmed is forgotten. */
  draft(broadcast: Broadcast, targets: readonly Omit<BroadcastTarget, 'position'>[]): Promise<void>;
  /** The person's broadcast whose id begins so. */
  find(platform: PlatformId, person: PersonKey, start: string): Promise<Broadcast | undefined>;
  /** False when it is not waiting for its confirmation, or another one is being sent. */
  begin(id: string): Promise<boolean>;
  /** Those being sent. What was under way in an earlier process is `unsure` from now on. */
  takeUp(): Promise<readonly Broadcast[]>;
  /** Ids of those being sent. */
  sending(): Promise<readonly string[]>;
  waiting(id: string): Promise<readonly BroadcastTarget[]>;
  /** True for the one who may send it now. */
  claim(id: string, position: number): Promise<boolean>;
  settle(id: string, position: number, state: TargetState): Promise<void>;
  tally(id: string): Promise<Tally>;
  /** Ends it if it is being sent; false when it was not. */
  end(id: string, state: 'done' | 'stopped'): Promise<boolean>;
  /** Forgets ended ones from before then, and what was never confirmed. */
  purge(before: number): Promise<void>;
};

/** Rows for each statement: SQLite takes 32,766 values at most, and one row has five. */
const rowsAtOnce = 500;

export function createBroadcastStore(db: Kysely<Schema>, queue: WriteQueue): BroadcastStore {
  return {
    usedChats: (since, limit) => usedChats(db, since, limit),
    draft: (broadcast, targets) =>
      queue.write(async (transaction) => {
        await forget(transaction, { state: 'asked', ofPerson: broadcast });
        await transaction.insertInto('broadcasts').values(toRow(broadcast)).execute();
        const rows = targets.map((target, position) => toTargetRow(broadcast.id, { ...target, position }));
        for (let start = 0; start < rows.length; start += rowsAtOnce) {
          const some = rows.slice(start, start + rowsAtOnce);
          await transaction.insertInto('broadcast_targets').values(some).execute();
        }
      }),
    async find(platform, person, start) {
      const row = await db
        .selectFrom('broadcasts')
        .selectAll()
        .where('platform', '=', platform)
        .where('person', '=', person)
        .where('id', 'like', `${start}%`)
        .executeTakeFirst();
      return row === undefined ? undefined : fromRow(row);
    },
    begin: (id) =>
      queue.write(async (transaction) => {
        const other = await transaction
          .selectFrom('broadcasts')
          .select('id')
          .where('state', '=', 'sending')
          .executeTakeFirst();
        return other === undefined && change(transaction, id, 'asked', 'sending');
      }),
    takeUp: () =>
      queue.write(async (transaction) => {
        const rows = await transaction
          .selectFrom('broadcasts')
          .selectAll()
          .where('state', '=', 'sending')
          .execute();
        for (const { id } of rows) {
          await transaction
            .updateTable('broadcast_targets')
            .set({ state: 'unsure' satisfies TargetState })
            .where('broadcast_id', '=', id)
            .where('state', '=', 'sending' satisfies TargetState)
            .execute();
        }
        return rows.map(fromRow);
      }),
    sending: async () => {
      const rows = await db.selectFrom('broadcasts').select('id').where('state', '=', 'sending').execute();
      return rows.map(({ id }) => id);
    },
    waiting: async (id) => {
      const rows = await db
        .selectFrom('broadcast_targets')
        .selectAll()
        .where('broadcast_id', '=', id)
        .where('state', '=', 'waiting' satisfies TargetState)
        .orderBy('position')
        .execute();
      return rows.map(fromTargetRow);
    },
    claim: (id, position) =>
      queue.write((transaction) => settle(transaction, id, position, 'sending', 'waiting')),
    settle: async (id, position, state) => {
      await queue.write((transaction) => settle(transaction, id, position, state, 'sending'));
    },
    tally: (id) => tally(db, id),
    end: (id, state) => queue.write((transaction) => change(transaction, id, 'sending', state)),
    purge: (before) =>
      queue.write(async (transaction) => {
        for (const state of ['asked', 'done', 'stopped'] as const)
          await forget(transaction, { state, before });
      }),
  };
}

async function usedChats(db: Kysely<Schema>, since: number, limit: number): Promise<readonly UsedChat[]> {
  const rows = await db
    .selectFrom('turns')
    .select(({ fn }) => [
      'adapter',
      'platform',
      'place_kind',
      'chat',
      'person',
      fn.max('accepted_at').as('last_at'),
    ])
    .where('kind', 'in', ['question', 'part'])
    .where('accepted_at', '>=', since)
    .groupBy(['adapter', 'platform', 'place_kind', 'chat', 'person'])
    .orderBy('last_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    adapter: row.adapter as AdapterId,
    platform: row.platform as PlatformId,
    kind: row.place_kind === 'direct' ? 'direct' : 'group',
    chat: row.chat as ChatKey,
    person: row.person as PersonKey,
  }));
}

async function tally(db: Kysely<Schema>, id: string): Promise<Tally> {
  const rows = await db
    .selectFrom('broadcast_targets')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .where('broadcast_id', '=', id)
    .groupBy('state')
    .execute();
  return new Map(rows.map(({ state, count }) => [state as TargetState, count]));
}

async function change(
  transaction: Transaction<Schema>,
  id: string,
  from: BroadcastState,
  to: BroadcastState,
): Promise<boolean> {
  const result = await transaction
    .updateTable('broadcasts')
    .set({ state: to })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

async function settle(
  transaction: Transaction<Schema>,
  id: string,
  position: number,
  state: TargetState,
  from: TargetState,
): Promise<boolean> {
  const result = await transaction
    .updateTable('broadcast_targets')
    .set({ state })
    .where('broadcast_id', '=', id)
    .where('position', '=', position)
    .where('state', '=', from)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

type Forgettable = {
  readonly state: BroadcastState;
  readonly ofPerson?: Pick<Broadcast, 'platform' | 'person'>;
  readonly before?: number;
};

async function forget(
  transaction: Transaction<Schema>,
  { state, ofPerson, before }: Forgettable,
): Promise<void> {
  let query = transaction.selectFrom('broadcasts').select('id').where('state', '=', state);
  if (before !== undefined) query = query.where('created_at', '<', before);
  if (ofPerson !== undefined)
    query = query.where('platform', '=', ofPerson.platform).where('person', '=', ofPerson.person);
  for (const { id } of await query.execute()) {
    await transaction.deleteFrom('broadcast_targets').where('broadcast_id', '=', id).execute();
    await transaction.deleteFrom('broadcasts').where('id', '=', id).execute();
  }
}

function toRow({ createdAt, ...broadcast }: Broadcast): Insertable<BroadcastRow> {
  return { ...broadcast, created_at: createdAt };
}

function fromRow({ created_at: createdAt, ...row }: BroadcastRow): Broadcast {
  return {
    ...row,
    platform: row.platform as PlatformId,
    person: row.person as PersonKey,
    state: row.state as BroadcastState,
    createdAt,
  };
}

function toTargetRow(id: string, { position, adapter, address }: BroadcastTarget): BroadcastTargetRow {
  return { broadcast_id: id, position, adapter, address: JSON.stringify(address), state: 'waiting' };
}

function fromTargetRow({ position, adapter, address }: BroadcastTargetRow): BroadcastTarget {
  return { position, adapter: adapter as AdapterId, address: JSON.parse(address) as Address };
}
