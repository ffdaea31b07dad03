import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { EventKey, AdapterId, ChatKey } from '../contract/ids.ts';
import type { Scope } from '../core/scope.ts';
import type { AdmissionNotice, NewTurn, Turn, TurnId, TurnKind, TurnPatch, TurnState } from '../core/turn.ts';
import type { Schema, TurnRow } from './schema.ts';
import { createUseCounter, type UseCounter } from './use-counter.ts';
import type { WriteQueue } from './write-queue.ts';

const unfinishedStates: readonly TurnState[] = ['accepted', 'open', 'streaming', 'finalising'];
const endedStates: readonly TurnState[] = ['done', 'interrupted', 'failed'];

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

function toRow(turn: NewTurn): TurnRow {
  const { place } = turn.message;
  return {
    id: turn.id,
    adapter: place.adapter,
    event_key: turn.message.eventKey,
    platform: place.platform,
    tenant: place.tenant,
    chat: place.chat,
    place_kind: place.kind,
    topic: place.topic ?? null,
    person: turn.message.sender.key,
    scope: turn.scope,
    kind: turn.kind,
    notice: turn.notice === undefined ? null : JSON.stringify(turn.notice),
    state: 'accepted',
    attempts: 0,
    message: JSON.stringify(turn.message),
    question: null,
    answer: null,
    outcome: null,
    parts: '[]',
    button_key: turn.buttonKey,
    retried_at: null,
    prompt_tokens: null,
    completion_tokens: null,
    model: null,
    trace: null,
    joined_to: turn.joinedTo ?? null,
    accepted_at: turn.acceptedAt,
    updated_at: turn.acceptedAt,
  };
}

/** Before schema 5 a notice was its bare code. */
function readNotice(column: string): AdmissionNotice {
  const codes = ['too-old', 'not-allowed', 'queue-full', 'empty', 'unreadable'] as const;
  if (column.startsWith('{')) return JSON.parse(column) as AdmissionNotice;
  return { code: codes.find((code) => code === column) ?? 'not-allowed' };
}

/** The store wrote these columns itself, so their shapes are trusted here and nowhere else. */
function fromRow(row: Selectable<TurnRow>): Turn {
  const message = JSON.parse(row.message) as Omit<Turn['message'], 'sentAt'> & { sentAt: string };
  return {
    id: row.id as TurnId,
    kind: row.kind as TurnKind,
    ...(row.notice === null ? {} : { notice: readNotice(row.notice) }),
    ...(row.joined_to === null ? {} : { joinedTo: row.joined_to as TurnId }),
    scope: row.scope as Scope,
    message: { ...message, sentAt: new Date(message.sentAt) },
    buttonKey: row.button_key,
    acceptedAt: row.accepted_at,
    state: row.state as TurnState,
    attempts: row.attempts,
    question: row.question ?? undefined,
    answer: row.answer ?? undefined,
    ending: row.outcome === null ? undefined : (JSON.parse(row.outcome) as NonNullable<Turn['ending']>),
    parts: JSON.parse(row.parts) as Turn['parts'],
    retriedAt: row.retried_at ?? undefined,
    promptTokens: row.prompt_tokens ?? undefined,
    completionTokens: row.completion_tokens ?? undefined,
    model: row.model ?? undefined,
    trace: row.trace === null ? undefined : (JSON.parse(row.trace) as NonNullable<Turn['trace']>),
  };
}

function toColumns(patch: TurnPatch): Partial<TurnRow> {
  return {
    ...(patch.state === undefined ? {} : { state: patch.state }),
    ...(patch.attempts === undefined ? {} : { attempts: patch.attempts }),
    ...(patch.question === undefined ? {} : { question: patch.question }),
    ...(patch.answer === undefined ? {} : { answer: patch.answer }),
    ...(patch.ending === undefined ? {} : { outcome: JSON.stringify(patch.ending) }),
    ...(patch.parts === undefined ? {} : { parts: JSON.stringify(patch.parts) }),
    ...(patch.promptTokens === undefined ? {} : { prompt_tokens: patch.promptTokens }),
    ...(patch.completionTokens === undefined ? {} : { completion_tokens: patch.completionTokens }),
    ...(patch.model === undefined ? {} : { model: patch.model }),
    ...(patch.trace === undefined ? {} : { trace: JSON.stringify(patch.trace) }),
    ...(patch.message === undefined ? {} : { message: JSON.stringify(patch.message) }),
    ...(patch.kind === undefined ? {} : { kind: patch.kind, joined_to: null }),
  };
}

export type TurnStore = {
  /** Claims the event and stores its turn in one commit. `duplicate`: somebody had claimed either, nothing was written. */
  admit(admittance: Admittance): Promise<'new' | 'duplicate'>;
  save(id: TurnId, patch: TurnPatch, at: number): Promise<void>;
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
  /** Ended questions with an answer after `since`, newest first. */
  history(scope: Scope, since: number, limit: number): Promise<Turn[]>;
  /** How many turns are in which state since then. */
  countsSince(since: number): Promise<ReadonlyMap<TurnState, number>>;
};

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

export function createTurnStore(db: Kysely<Schema>, queue: WriteQueue): TurnStore {
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
        if (turn !== undefined) await transaction.insertInto('turns').values(toRow(turn)).execute();
        return 'new';
      }),
    save: (id, patch, at) =>
      queue.write(async (transaction) => {
        await transaction
          .updateTable('turns')
          .set({ ...toColumns(patch), updated_at: at })
          .where('id', '=', id)
          .execute();
        if (patch.absorbed === undefined || patch.absorbed.length === 0) return;
        await transaction
          .updateTable('turns')
          .set({ state: 'done', updated_at: at })
          .where('id', 'in', [...patch.absorbed])
          .execute();
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
          .where(sql<boolean>`instr(parts, ${JSON.stringify(replyId)}) > 0`)
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
  };
}
