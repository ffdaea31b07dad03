import type { Kysely } from 'kysely';
import type { Scope } from '../core/scope.ts';
import type { Schema, ScopeRow } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** What each conversation was set to. */
export type ScopeStore = {
  /** Where its memory begins, in milliseconds since the epoch. 0: at its first turn. */
  resetAt(scope: Scope): Promise<number>;
  reset(scope: Scope, at: number): Promise<void>;
  /** Whether the model is to think; undefined: as the server has it by default. */
  thinking(scope: Scope): Promise<boolean | undefined>;
  setThinking(scope: Scope, thinking: boolean | undefined): Promise<void>;
};

export function createScopeStore(db: Kysely<Schema>, queue: WriteQueue): ScopeStore {
  const rowOf = (scope: Scope): Promise<Pick<ScopeRow, 'reset_at' | 'thinking'> | undefined> =>
    db.selectFrom('scopes').select(['reset_at', 'thinking']).where('scope', '=', scope).executeTakeFirst();
  const put = (scope: Scope, set: Partial<Pick<ScopeRow, 'reset_at' | 'thinking'>>): Promise<void> =>
    queue.write(async (transaction) => {
      await transaction
        .insertInto('scopes')
        .values({ scope, reset_at: 0, thinking: null, ...set })
        .onConflict((conflict) => conflict.column('scope').doUpdateSet(set))
        .execute();
    });
  return {
    resetAt: async (scope) => (await rowOf(scope))?.reset_at ?? 0,
    reset: (scope, at) => put(scope, { reset_at: at }),
    async thinking(scope) {
      const thinking = (await rowOf(scope))?.thinking ?? undefined;
      return thinking === undefined ? undefined : thinking === 1;
    },
    setThinking: (scope, thinking) =>
      put(scope, { thinking: thinking === undefined ? null : thinking ? 1 : 0 }),
  };
}
