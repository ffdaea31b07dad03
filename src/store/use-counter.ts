import type { Kysely } from 'kysely';
import type { AdapterId, ChatKey, PersonKey, PlatformId } from '../contract/ids.ts';
import type { Schema } from './schema.ts';

/** Whose questions: one person's, one chat's, or everybody's. */
export type Of = {
  readonly platform?: PlatformId;
  readonly person?: PersonKey;
  readonly adapter?: AdapterId;
  readonly chat?: ChatKey;
};

/** Counts questions that were taken, the parts of one counted each. Times are milliseconds since the epoch. */
export type UseCounter = {
  /** When the `n`th latest question after `since` was taken; undefined when there were fewer. */
  nthLatest(of: Of, n: number, since: number): Promise<number | undefined>;
  /** Tokens, in and out, of the questions since then, as far as the model servers count them. */
  tokensSince(of: Of, since: number): Promise<number>;
};

/** `db` may be a transaction: then what it wrote counts already. */
export function createUseCounter(db: Kysely<Schema>): UseCounter {
  const questionsOf = ({ platform, person, adapter, chat }: Of, since: number) => {
    let query = db
      .selectFrom('turns')
      .where('kind', 'in', ['question', 'part'])
      .where('accepted_at', '>', since);
    if (platform !== undefined) query = query.where('platform', '=', platform);
    if (person !== undefined) query = query.where('person', '=', person);
    if (adapter !== undefined) query = query.where('adapter', '=', adapter);
    if (chat !== undefined) query = query.where('chat', '=', chat);
    return query;
  };
  return {
    async nthLatest(of, n, since) {
      const row = await questionsOf(of, since)
        .select('accepted_at')
        .orderBy('accepted_at', 'desc')
        .offset(n - 1)
        .limit(1)
        .executeTakeFirst();
      return row?.accepted_at;
    },
    async tokensSince(of, since) {
      const row = await questionsOf(of, since)
        .select(({ fn }) => [
          fn.sum<number | null>('prompt_tokens').as('prompt'),
          fn.sum<number | null>('completion_tokens').as('completion'),
        ])
        .executeTakeFirst();
      return (row?.prompt ?? 0) + (row?.completion ?? 0);
    },
  };
}
