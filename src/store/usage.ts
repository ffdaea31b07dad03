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

export type Verdicts = { readonly platform: string; readonly good: number; readonly bad: number };

/** Counted from the stored turns, so nothing older than their retention. Times are milliseconds since the epoch. */
export type UsageStore = {
  ofPerson(platform: PlatformId, person: PersonKey, since: number): Promise<Usage>;
  /** By platform and model, the most used first. */
  byModel(since: number): Promise<readonly ModelUse[]>;
  /** How answers were judged since then, by platform; the last judgement of each person counts. */
  verdicts(since: number): Promise<readonly Verdicts[]>;
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
    async verdicts(since) {
      const rows = await db
        .selectFrom('feedback')
        .innerJoin('turns', 'turns.id', 'feedback.turn_id')
        .select(({ fn }) => ['turns.platform', 'feedback.verdict', fn.countAll<number>().as('count')])
        .where('feedback.given_at', '>=', since)
        .groupBy(['turns.platform', 'feedback.verdict'])
        .orderBy('turns.platform')
        .execute();
      const of = (platform: string, verdict: string): number =>
        rows.find((row) => row.platform === platform && row.verdict === verdict)?.count ?? 0;
      const platforms = [...new Set(rows.map(({ platform }) => platform))];
      return platforms.map((platform) => ({
        platform,
        good: of(platform, 'good'),
        bad: of(platform, 'bad'),
      }));
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
