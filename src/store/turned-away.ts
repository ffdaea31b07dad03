import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Questions that got the maintenance sentence in place of an answer, and how many people asked them. */
export type TurnedAway = { readonly questions: number; readonly people: number };

/** The notice is stored as JSON whose first member is its code. */
const pausedNotices = '{"code":"paused"%';

export async function countTurnedAway(db: Kysely<Schema>, since: number): Promise<TurnedAway> {
  const each = db
    .selectFrom('turns')
    .select(({ fn }) => ['platform', 'person', fn.countAll<number>().as('questions')])
    .where('kind', '=', 'notice')
    .where('notice', 'like', pausedNotices)
    .where('accepted_at', '>=', since)
    .groupBy(['platform', 'person']);
  const row = await db
    .selectFrom(each.as('each'))
    .select(({ fn }) => [
      fn.countAll<number>().as('people'),
      fn.sum<number | null>('each.questions').as('questions'),
    ])
    .executeTakeFirst();
  return { questions: row?.questions ?? 0, people: row?.people ?? 0 };
}
