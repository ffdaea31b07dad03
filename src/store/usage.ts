import type { Kysely } from 'kysely';
import type { PersonKey, PlatformId } from '../contract/ids.ts';
import type { Schema } from './schema.ts';

/** Questions and what they cost, as the model servers counted; a question whose server does not count adds no tokens. */
export type Usage = {
  readonly questions: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
};

/** `model` is undefined for questions that no model answered. */
export type ModelUse = Usage & { readonly platform: string; readonly model: string | undefined };

/** Counted from the stored turns, so nothing older than their retention. Times are milliseconds since the epoch. */
export type UsageStore = {
  ofPerson(platform: PlatformId, person: PersonKey, since: number): Promise<Usage>;
  /** By platform and model, the most used first. */
  byModel(since: number): Promise<readonly ModelUse[]>;
};

export function createUsageStore(db: Kysely<Schema>): UsageStore {
  const sums = (since: number) =>
    db
      .selectFrom('turns')
      .select(({ fn }) => [
        fn.countAll<number>().as('questions'),
        fn.sum<number | null>('prompt_tokens').as('prompt'),
        fn.sum<number | null>('completion_tokens').as('completion'),
      ])
      .where('kind', '=', 'question')
      .where('accepted_at', '>=', since);
  return {
    async ofPerson(platform, person, since) {
      const row = await sums(since)
        .where('platform', '=', platform)
        .where('person', '=', person)
        .executeTakeFirst();
      return usageOf(row);
    },
    async byModel(since) {
      const rows = await sums(since)
        .select(['platform', 'model'])
        .groupBy(['platform', 'model'])
        .orderBy('questions', 'desc')
        .execute();
      return rows.map((row) => ({ ...usageOf(row), platform: row.platform, model: row.model ?? undefined }));
    },
  };
}

type SumRow = {
  readonly questions: number;
  readonly prompt: number | null;
  readonly completion: number | null;
};

function usageOf(row: SumRow | undefined): Usage {
  return {
    questions: row?.questions ?? 0,
    promptTokens: row?.prompt ?? 0,
    completionTokens: row?.completion ?? 0,
  };
}
