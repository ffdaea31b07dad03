import { sql, type RawBuilder } from 'kysely';
import type { WriteQueue } from './write-queue.ts';

/** Claimed event keys are kept this long: redeliveries were seen days later, far past the documented seven hours. */
const claimRetentionMs = 8 * 24 * 60 * 60_000;
/** Acts and refusals are kept for a year: they hold no text, and questions about them come late. */
const auditRetentionMs = 366 * 24 * 60 * 60_000;
/** Nobody asks any more how a commit of the day before yesterday ended. */
const commitRetentionMs = 2 * 24 * 60 * 60_000;

/** Rows forgotten in one commit; bounds how long other writes wait, and each statement's time. */
const rowsPerCommit = 1_000;

/** Which rows of which table, by its key; `where` has outlived its retention. */
type Outlived = {
  readonly table: string;
  readonly key: readonly string[];
  readonly where: RawBuilder<unknown>;
};

/** Forgets what has outlived its retention, a little at a time. */
export async function purge(queue: WriteQueue, now: number, retentionMs: number): Promise<void> {
  const oldest = now - retentionMs;
  const outlived: readonly Outlived[] = [
    { table: 'media', key: ['turn_id', 'position'], where: sql`expires_at <= ${now}` },
    {
      table: 'claims',
      key: ['adapter', 'event_key'],
      where: sql`claimed_at < ${now - claimRetentionMs}`,
    },
    { table: 'shared', key: ['name'], where: sql`expires_at <= ${now}` },
    { table: 'feedback', key: ['turn_id', 'person'], where: sql`given_at < ${oldest}` },
    { table: 'audit', key: ['id'], where: sql`at < ${now - auditRetentionMs}` },
    { table: 'commits', key: ['writer'], where: sql`at < ${now - commitRetentionMs}` },
    {
      table: 'turns',
      key: ['id'],
      where: sql`accepted_at < ${oldest} and state in ('done', 'failed', 'interrupted')`,
    },
  ];
  for (const rows of outlived) {
    let forgotten = rowsPerCommit;
    while (forgotten === rowsPerCommit) forgotten = await forgetSome(queue, rows);
  }
}

function forgetSome(queue: WriteQueue, { table, key, where }: Outlived): Promise<number> {
  return queue.write(async (transaction) => {
    const columns = sql.join(key.map((column) => sql.ref(column)));
    const result = await sql`
      delete from ${sql.table(table)} where (${columns}) in
      (select ${columns} from ${sql.table(table)} where ${where} limit ${rowsPerCommit})`.execute(
      transaction,
    );
    return Number(result.numAffectedRows ?? 0n);
  });
}
