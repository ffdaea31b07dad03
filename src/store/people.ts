import type { Kysely } from 'kysely';
import type { PersonKey, PlatformId } from '../contract/ids.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

export type Language = 'zh' | 'en';

/** What people have set for themselves. */
export type PeopleStore = {
  /** From memory after the first look. */
  language(platform: PlatformId, person: PersonKey): Promise<Language | undefined>;
  setLanguage(platform: PlatformId, person: PersonKey, language: Language): Promise<void>;
};

/** Languages looked up lately; more than any company's people asking in one day. */
const maxRememberedPeople = 10_000;

export function createPeopleStore(db: Kysely<Schema>, queue: WriteQueue): PeopleStore {
  const remembered = new Map<string, Language | undefined>();
  const keyOf = (platform: PlatformId, person: PersonKey): string => JSON.stringify([platform, person]);
  const remember = (key: string, language: Language | undefined): void => {
    if (remembered.size >= maxRememberedPeople) remembered.clear();
    remembered.set(key, language);
  };
  return {
    async language(platform, person) {
      const key = keyOf(platform, person);
      if (remembered.has(key)) return remembered.get(key);
      const row = await db
        .selectFrom('people')
        .select('language')
        .where('platform', '=', platform)
        .where('person', '=', person)
        .executeTakeFirst();
      const language = row?.language === 'zh' || row?.language === 'en' ? row.language : undefined;
      remember(key, language);
      return language;
    },
    async setLanguage(platform, person, language) {
      await queue.write(async (transaction) => {
        await transaction
          .insertInto('people')
          .values({ platform, person, language, vip: 0 })
          .onConflict((conflict) => conflict.columns(['platform', 'person']).doUpdateSet({ language }))
          .execute();
      });
      remember(keyOf(platform, person), language);
    },
  };
}
