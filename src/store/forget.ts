import type { Kysely, Transaction } from 'kysely';
import type { AdapterId, EventKey, PersonKey, PlatformId } from '../contract/ids.ts';
import { withoutContent } from '../core/erased.ts';
import type { TurnId } from '../core/turn.ts';
import type { Schema, TurnRow } from './schema.ts';
import { endingWithoutEvidence, readMessage } from './turn-rows.ts';
import type { WriteQueue } from './write-queue.ts';

/** How much of a person is stored: questions (parts of one counted each) and pictures. */
export type Amount = { readonly questions: number; readonly pictures: number };

/** A person of one platform and what they said up to a moment (ms since the epoch), one turn excepted. */
export type OwnHistory = {
  readonly platform: PlatformId;
  readonly person: PersonKey;
  readonly until: number;
  readonly except: TurnId;
};

/**
 * Erases words and pictures; counters, times and judgements stay. What is still being answered stays erased, too: nothing
 * that is saved of it afterwards holds words (see `turns.ts`).
 */
export type ForgetStore = {
  readonly amount: (of: OwnHistory) => Promise<Amount>;
  readonly erasePerson: (of: OwnHistory, at: number) => Promise<void>;
  /**
   * Erases the turn of that message, every answer that was given to it again, and the question it was taken together
   * with; says which turns these are.
   */
  readonly eraseMessage: (adapter: AdapterId, message: EventKey, at: number) => Promise<readonly TurnId[]>;
  /** Takes one message of a question out that goes on without it. */
  readonly emptyMessage: (adapter: AdapterId, message: EventKey, at: number) => Promise<void>;
  /**
   * Leaves nothing of erased people in the store's own files, if somebody was erased since this was last done. False: it
   * was not possible, and is due.
   */
  readonly scrub: () => Promise<boolean>;
};

/** Rows rewritten in one commit; bounds how long other writes wait. */
const rowsPerCommit = 200;
/** A message is answered again a few times at most. */
const maxAnswersFollowed = 100;

type Content = Pick<TurnRow, 'id' | 'message' | 'outcome'>;

/** Without `erased_at` the turn goes on and gets new words. */
async function empty(transaction: Transaction<Schema>, row: Content, at: number): Promise<void> {
  await transaction
    .updateTable('turns')
    .set({
      message: JSON.stringify(withoutContent(readMessage(row.message))),
      question: null,
      answer: null,
      outcome: row.outcome === null ? null : endingWithoutEvidence(row.outcome),
      updated_at: at,
    })
    .where('id', '=', row.id)
    .execute();
  await transaction.deleteFrom('media').where('turn_id', '=', row.id).execute();
}

async function erase(transaction: Transaction<Schema>, row: Content, at: number): Promise<void> {
  await empty(transaction, row, at);
  await transaction.updateTable('turns').set({ erased_at: at }).where('id', '=', row.id).execute();
  // Nobody answers a part by itself, so nobody would end it.
  await transaction
    .updateTable('turns')
    .set({ state: 'done' })
    .where('id', '=', row.id)
    .where('kind', '=', 'part')
    .execute();
}

type Followed = Content & Pick<TurnRow, 'kind' | 'event_key' | 'joined_to'>;

/** The turns in which the words of a message live on. */
async function turnsOf(
  transaction: Transaction<Schema>,
  adapter: AdapterId,
  message: EventKey,
): Promise<readonly Followed[]> {
  const turns = transaction
    .selectFrom('turns')
    .select(['id', 'kind', 'event_key', 'joined_to', 'message', 'outcome']);
  const byKey = (key: string): Promise<Followed | undefined> =>
    turns.where('adapter', '=', adapter).where('event_key', '=', key).executeTakeFirst();
  const found: Followed[] = [];
  let next = await byKey(message);
  while (next !== undefined && found.length < maxAnswersFollowed) {
    found.push(next);
    const { id, kind, joined_to: question, event_key: key } = next;
    next =
      kind === 'part' && question !== null
        ? await turns.where('id', '=', question).executeTakeFirst()
        : // The key of an answer that is given again; see `core/retry.ts`.
          await byKey(`${key}#${id}`);
  }
  return found;
}

/** Stands in `meta` from the erasure of a person on until the files are clean, also across a crash. */
const scrubIsDue = 'scrub';

/** `scrubFiles` is asked while nothing is written, and says whether it succeeded. */
export function createForgetStore(
  db: Kysely<Schema>,
  queue: WriteQueue,
  scrubFiles: () => Promise<boolean>,
): ForgetStore {
  const own = ({ platform, person, until, except }: OwnHistory, from: Kysely<Schema> = db) =>
    from
      .selectFrom('turns')
      .where('platform', '=', platform)
      .where('person', '=', person)
      .where('accepted_at', '<=', until)
      .where('id', '!=', except)
      .where('erased_at', 'is', null);
  return {
    async amount(of) {
      const questions = await own(of)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('kind', 'in', ['question', 'part'])
        .executeTakeFirst();
      const pictures = await db
        .selectFrom('media')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('turn_id', 'in', own(of).select('id'))
        .executeTakeFirst();
      return { questions: questions?.count ?? 0, pictures: pictures?.count ?? 0 };
    },
    async erasePerson(of, at) {
      let erased = rowsPerCommit;
      while (erased === rowsPerCommit) {
        erased = await queue.write(async (transaction) => {
          const columns = ['id', 'message', 'outcome'] as const;
          const rows = await own(of, transaction).select(columns).limit(rowsPerCommit).execute();
          if (rows.length === 0) return 0;
          for (const row of rows) await erase(transaction, row, at);
          await transaction
            .insertInto('meta')
            .values({ name: scrubIsDue, value: String(at) })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
          return rows.length;
        });
      }
    },
    eraseMessage: (adapter, message, at) =>
      queue.write(async (transaction) => {
        const found = await turnsOf(transaction, adapter, message);
        for (const row of found) await erase(transaction, row, at);
        return found.map(({ id }) => id as TurnId);
      }),
    emptyMessage: (adapter, message, at) =>
      queue.write(async (transaction) => {
        const [row] = await turnsOf(transaction, adapter, message);
        if (row === undefined) return;
        await (row.kind === 'part' ? erase : empty)(transaction, row, at);
      }),
    async scrub() {
      const due = await db
        .selectFrom('meta')
        .select('name')
        .where('name', '=', scrubIsDue)
        .executeTakeFirst();
      if (due === undefined) return true;
      const clean = await queue.alone(scrubFiles);
      if (clean)
        await queue.write(async (transaction) => {
          await transaction.deleteFrom('meta').where('name', '=', scrubIsDue).execute();
        });
      return clean;
    },
  };
}
