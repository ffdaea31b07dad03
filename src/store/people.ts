import type { Kysely } from 'kysely';
import type { PersonKey, PlatformId } from '../contract/ids.ts';
import type { Schema } from './schema.ts';
import type { Signals } from './signals.ts';
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

/** Carries the key of a person who has changed something. */
const channel = 'people';

export function createPeopleStore(db: Kysely<Schema>, queue: WriteQueue, signals: Signals): PeopleStore {
  const remembered = new Map<string, Language | undefined>();
  /** Rises with every change anywhere: what was read before it must not be remembered after it. */
  let changes = 0;
  const forget = (key: string): void => {
    changes += 1;
    remembered.delete(key);
  };
  signals.listen(channel, {
    received: forget,
    missed() {
      changes += 1;
      remembered.clear();
    },
  });
  const keyOf = (platform: PlatformId, person: PersonKey): string => JSON.stringify([platform, person]);
  const remember = (key: string, language: Language | undefined): void => {
    if (remembered.size >= maxRememberedPeople) remembered.clear();
    remembered.set(key, language);
  };
  return {
    async language(platform, person) {
      const key = keyOf(platform, person);
      if (remembered.has(key)) return remembered.get(key);
      const before = changes;
      const row = await db
        .selectFrom('people')
        .select('language')
        .where('platform', '=', platform)
        .where('person', '=', person)
        .executeTakeFirst();
      const language = row?.language === 'zh' || row?.language === 'en' ? row.language : undefined;
      if (before === changes) remember(key, language);
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
      const key = keyOf(platform, person);
      remember(key, language);
      // It is set; that another process has not heard of it mends itself at its next look.
      await signals.notify(channel, key).catch(() => undefined);
    },
  };
}
