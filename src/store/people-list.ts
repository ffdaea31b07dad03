import { sql, type Kysely } from 'kysely';
import type { PersonKey, PlatformId } from '../contract/ids.ts';
import type { Schema } from './schema.ts';

/** Somebody who wrote to the bot, refused or not. `name` is for display: as the newest event had it, if it had one. */
export type KnownPerson = {
  readonly platform: PlatformId;
  readonly person: PersonKey;
  readonly name: string | undefined;
  /** Questions since then; commands and refusals do not count. */
  readonly questions: number;
  /** Milliseconds since the epoch. */
  readonly lastSeen: number;
};

/** Who wrote after `since`, those seen last first, at most `limit`. Nothing is older than the turns' retention. */
export type PeopleList = (since: number, limit: number) => Promise<readonly KnownPerson[]>;

/** The store wrote these messages itself; the name is the one field of them that is read here. */
function nameIn(message: string): string | undefined {
  const { sender } = JSON.parse(message) as { readonly sender?: { readonly name?: unknown } };
  return typeof sender?.name === 'string' ? sender.name : undefined;
}

export function createPeopleList(db: Kysely<Schema>): PeopleList {
  return async (since, limit) => {
    const rows = await db
      .selectFrom((from) =>
        from
          .selectFrom('turns')
          .select(({ fn }) => [
            'platform',
            'person',
            fn.max('accepted_at').as('last_seen'),
            sql<number>`sum(case when kind in ('question', 'part') then 1 else 0 end)`.as('questions'),
          ])
          .where('accepted_at', '>', since)
          .where('person', '!=', '')
          .groupBy(['platform', 'person'])
          .orderBy('last_seen', 'desc')
          .limit(limit)
          .as('known'),
      )
      .innerJoin('turns', (join) =>
        join
          .onRef('turns.platform', '=', 'known.platform')
          .onRef('turns.person', '=', 'known.person')
          .onRef('turns.accepted_at', '=', 'known.last_seen'),
      )
      .select(['known.platform', 'known.person', 'known.last_seen', 'known.questions', 'turns.message'])
      .orderBy('known.last_seen', 'desc')
      .execute();
    // Two turns of one moment would list a person twice.
    const people = new Map<string, KnownPerson>();
    for (const { platform, person, last_seen: lastSeen, questions, message } of rows) {
      people.set(JSON.stringify([platform, person]), {
        platform: platform as PlatformId,
        person: person as PersonKey,
        name: nameIn(message),
        questions,
        lastSeen,
      });
    }
    return [...people.values()];
  };
}
