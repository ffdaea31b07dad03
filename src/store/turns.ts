import { sql, type Kysely, type RawBuilder, type Selectable, type Transaction } from 'kysely';
import type { EventKey, AdapterId, ChatKey, PersonKey, PlatformId } from '../contract/ids.ts';
import type { Scope } from '../core/scope.ts';
import type { NewTurn, Turn, TurnId, TurnPatch, TurnState, TurnTrace } from '../core/turn.ts';
import type { Schema, TurnRow } from './schema.ts';
import {
  contentColumns,
  endingWithoutEvidence,
  fromRow,
  toColumns,
  toRow,
  unfinishedStates,
} from './turn-rows.ts';
import { createUseCounter, type UseCounter } from './use-counter.ts';
import type { WriteQueue } from './write-queue.ts';

const endedStates: readonly TurnState[] = ['done', 'interrupted', 'failed'];

/** More than end within the second that matters. */
const newestLookedAt = 100;

/** An event to take: its key, and the turn it becomes, if it becomes one. */
export type Admittance = {
  readonly adapter: AdapterId;
  readonly eventKey: EventKey;
  readonly at: number;
  /**
   * Called only for an event that is new; undefined: it becomes no turn. The counter sees what stands before this event,
   * those of the same commit included.
   */
  readonly turnIfNew?: (counter: UseCounter) => NewTurn | undefined | Promise<NewTurn | undefined>;
  /** The ended turn that the new one answers again; it can be answered again only once. */
  readonly retryOf?: TurnId;
};

export type TurnStore = {
  /** Claims the event and stores its turn in one commit. `duplicate`: somebody had claimed either, nothing was written. */
  admit(admittance: Admittance): Promise<'new' | 'duplicate'>;
  /**
   * False when the turn is not held with this number any more: then nothing was written. Without a number it is written
   * whoever works on it.
   */
  save(id: TurnId, patch: TurnPatch, at: number, fence?: number): Promise<boolean>;
  byId(id: TurnId): Promise<Turn | undefined>;
  /** Messages that were taken into this question and have not ended with it yet, oldest first. */
  partsOf(id: TurnId): Promise<Turn[]>;
  byButtonKey(key: string): Promise<Turn | undefined>;
  byEvent(adapter: AdapterId, eventKey: EventKey): Promise<Turn | undefined>;
  /** The turn whose reply's handle holds this platform id, in this chat. */
  byReplyId(adapter: AdapterId, chat: ChatKey, replyId: string): Promise<Turn | undefined>;
  /** The person's last question in this scope, whatever became of it. */
  lastQuestion(scope: Scope, person: string): Promise<Turn | undefined>;
  /** Turns that some process left unended, oldest first. */
  unfinished(): Promise<Turn[]>;
  /** Whether there are any. */
  anyUnfinished(): Promise<boolean>;
  /** When one of the newest turns was last written, in milliseconds since the epoch; 0 without any. */
  lastWrittenAt(): Promise<number>;
  /** Ended questions with an answer after `since`, newest first. */
  history(scope: Scope, since: number, limit: number): Promise<Turn[]>;
  /** How many turns are in which state since then. */
  countsSince(since: number): Promise<ReadonlyMap<TurnState, number>>;
  /** How the questions accepted since then went, newest first; only those whose end is decided. */
  tracesSince(since: number, limit: number): Promise<TracedTurn[]>;
  /** The newest question or refusal, no command, whose id begins so (any with an empty prefix), among those of `who`. */
  byShortId(prefix: string, who: Asked): Promise<Turn | undefined>;
};

/** What `/status` counts of one ended question. */
export type TracedTurn = Pick<Turn, 'acceptedAt' | 'state'> & { readonly trace: TurnTrace };

/** Whose turns are looked at, and in which scope; what is not given is not narrowed. */
export type Asked = {
  readonly platform?: PlatformId;
  readonly person?: PersonKey;
  readonly scope?: Scope;
};

/** The last id that can begin so: ids have sixteen digits and small letters, which every collation sorts alike. */
function lastIdOf(prefix: string): string {
  return prefix.padEnd(16, 'z');
}

/** False when it was answered again before. */
async function markRetried(transaction: Transaction<Schema>, id: TurnId, at: number): Promise<boolean> {
  const result = await transaction
    .updateTable('turns')
    .set({ retried_at: at })
    .where('id', '=', id)
    .where('retried_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Words of a turn that was erased while it was being answered are not stored any more. */
async function withoutErased(
  transaction: Transaction<Schema>,
  id: TurnId,
  columns: Partial<TurnRow>,
): Promise<Partial<TurnRow>> {
  if (!contentColumns.some((name) => columns[name] !== undefined)) return columns;
  const turn = await transaction
    .selectFrom('turns')
    .select('erased_at')
    .where('id', '=', id)
    .executeTakeFirst();
  if (turn === undefined || turn.erased_at === null) return columns;
  const kept = { ...columns };
  delete kept.question;
  delete kept.answer;
  delete kept.message;
  if (typeof kept.outcome === 'string') kept.outcome = endingWithoutEvidence(kept.outcome);
  return kept;
}

/** In whose name turns are taken, and for how long before the lease is renewed for the first time. */
export type Holder = { readonly owner: string; readonly leaseUntil: () => RawBuilder<number> };

export function createTurnStore(db: Kysely<Schema>, queue: WriteQueue, holder: Holder): TurnStore {
  const one = async (rows: Promise<Selectable<TurnRow> | undefined>): Promise<Turn | undefined> => {
    const row = await rows;
    return row === undefined ? undefined : fromRow(row);
  };
  return {
    admit: ({ adapter, eventKey, at, turnIfNew, retryOf }) =>
      queue.write(async (transaction) => {
        if (retryOf !== undefined && !(await markRetried(transaction, retryOf, at))) return 'duplicate';
        const claim = await transaction
          .insertInto('claims')
          .values({ adapter, event_key: eventKey, claimed_at: at })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (claim.numInsertedOrUpdatedRows === 0n) return 'duplicate';
        const turn = await turnIfNew?.(createUseCounter(transaction));
        if (turn !== undefined) {
          const row = { ...toRow(turn, holder.owner), lease_until: holder.leaseUntil() };
          await transaction.insertInto('turns').values(row).execute();
        }
        return 'new';
      }),
    save: (id, patch, at, fence) =>
      queue.write(async (transaction) => {
        const columns = await withoutErased(transaction, id, toColumns(patch));
        const written = await transaction
          .updateTable('turns')
          .set({ ...columns, updated_at: at })
          .where('id', '=', id)
          .$if(fence !== undefined, (query) => query.where('fence', '=', fence ?? 0))
          .executeTakeFirst();
        if (written.numUpdatedRows === 0n) return false;
        if (patch.absorbed === undefined || patch.absorbed.length === 0) return true;
        await transaction
          .updateTable('turns')
          .set({ state: 'done', updated_at: at })
          .where('id', 'in', [...patch.absorbed])
          .execute();
        return true;
      }),
    byId: (id) => one(db.selectFrom('turns').selectAll().where('id', '=', id).executeTakeFirst()),
    partsOf: async (id) => {
      const rows = await db
        .selectFrom('turns')
        .selectAll()
        .where('joined_to', '=', id)
        .where('state', '=', 'accepted')
        .orderBy('accepted_at')
        .execute();
      return rows.map(fromRow);
    },
    byButtonKey: (key) =>
      one(db.selectFrom('turns').selectAll().where('button_key', '=', key).executeTakeFirst()),
    byEvent: (adapter, eventKey) =>
      one(
        db
          .selectFrom('turns')
          .selectAll()
          .where('adapter', '=', adapter)
          .where('event_key', '=', eventKey)
          .orderBy('accepted_at', 'desc')
          .executeTakeFirst(),
      ),
    byReplyId: (adapter, chat, replyId) =>
      one(
        db
          .selectFrom('turns')
          .selectAll()
          .where('adapter', '=', adapter)
          .where('chat', '=', chat)
          .where(sql<boolean>`replace(parts, ${JSON.stringify(replyId)}, '') != parts`)
          .orderBy('accepted_at', 'desc')
          .executeTakeFirst(),
      ),
    lastQuestion: (scope, person) =>
      one(
        db
          .selectFrom('turns')
          .selectAll()
          .where('scope', '=', scope)
          .where('person', '=', person)
          .where('kind', '=', 'question')
          .where('erased_at', 'is', null)
          .orderBy('accepted_at', 'desc')
          .executeTakeFirst(),
      ),
    unfinished: async () => {
      const rows = await db
        .selectFrom('turns')
        .selectAll()
        .where('state', 'in', [...unfinishedStates])
        .orderBy('accepted_at')
        .execute();
      return rows.map(fromRow);
    },
    anyUnfinished: async () => {
      const one = db
        .selectFrom('turns')
        .select('id')
        .where('state', 'in', [...unfinishedStates]);
      return (await one.limit(1).executeTakeFirst()) !== undefined;
    },
    lastWrittenAt: async () => {
      const rows = await db
        .selectFrom('turns')
        .select('updated_at')
        .orderBy('accepted_at', 'desc')
        .limit(newestLookedAt)
        .execute();
      return Math.max(0, ...rows.map(({ updated_at }) => updated_at));
    },
    history: async (scope, since, limit) => {
      const rows = await db
        .selectFrom('turns')
        .selectAll()
        .where('scope', '=', scope)
        .where('kind', '=', 'question')
        .where('state', 'in', [...endedStates])
        .where('accepted_at', '>', since)
        .where('question', 'is not', null)
        .where('answer', 'is not', null)
        .where('retried_at', 'is', null)
        .orderBy('accepted_at', 'desc')
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    countsSince: async (since) => {
      const rows = await db
        .selectFrom('turns')
        .select((select) => ['state', select.fn.countAll<number>().as('count')])
        .where('accepted_at', '>=', since)
        .where('kind', '=', 'question')
        .groupBy('state')
        .execute();
      return new Map(rows.map(({ state, count }) => [state as TurnState, count]));
    },
    tracesSince: async (since, limit) => {
      const rows = await db
        .selectFrom('turns')
        .select(['accepted_at', 'state', 'trace'])
        .where('accepted_at', '>=', since)
        .where('kind', '=', 'question')
        .where('state', 'in', ['finalising', ...endedStates])
        .where('trace', 'is not', null)
        .orderBy('accepted_at', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ accepted_at, state, trace }) => ({
        acceptedAt: accepted_at,
        state: state as TurnState,
        trace: JSON.parse(trace ?? '{}') as TurnTrace,
      }));
    },
    byShortId: (prefix, { platform, person, scope }) =>
      one(
        db
          .selectFrom('turns')
          .selectAll()
          .where('kind', '!=', 'command')
          .$if(prefix !== '', (query) => query.where('id', '>=', prefix).where('id', '<=', lastIdOf(prefix)))
          .$if(platform !== undefined, (query) => query.where('platform', '=', platform ?? ''))
          .$if(person !== undefined, (query) => query.where('person', '=', person ?? ''))
          .$if(scope !== undefined, (query) => query.where('scope', '=', scope ?? ''))
          .orderBy('accepted_at', 'desc')
          .executeTakeFirst(),
      ),
  };
}
