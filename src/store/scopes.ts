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
  /** Which assistant and which model were chosen to answer; undefined: none. */
  choices(scope: Scope): Promise<Choices>;
  /** Changes what is named; undefined takes a choice back. */
  choose(scope: Scope, choices: Partial<Choices>): Promise<void>;
};

export type Choices = { readonly assistant: string | undefined; readonly model: string | undefined };

export function createScopeStore(db: Kysely<Schema>, queue: WriteQueue): ScopeStore {
  const rowOf = (scope: Scope): Promise<ScopeRow | undefined> =>
    db.selectFrom('scopes').selectAll().where('scope', '=', scope).executeTakeFirst();
  const put = (scope: Scope, set: Partial<Omit<ScopeRow, 'scope'>>): Promise<void> =>
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
    async choices(scope) {
      const row = await rowOf(scope);
      return { assistant: row?.assistant ?? undefined, model: row?.model ?? undefined };
    },
    choose: (scope, choices) =>
      put(scope, {
        ...('assistant' in choices ? { assistant: choices.assistant ?? null } : {}),
        ...('model' in choices ? { model: choices.model ?? null } : {}),
      }),
  };
}
