import { statSync } from 'node:fs';
import type { Kysely } from 'kysely';
import type { PersonKey, PlatformId } from '../contract/ids.ts';
import type { Clock } from '../contract/runtime.ts';
import type { TurnId } from '../core/turn.ts';
import type { ModelImage } from '../model/types.ts';
import { createAuditStore, type AuditStore } from './audit.ts';
import { createBroadcastStore, type BroadcastStore } from './broadcasts.ts';
import { createCallStore, type CallStore } from './calls.ts';
import { migrate } from './migrations.ts';
import { createPeopleList, type PeopleList } from './people-list.ts';
import { createPolicyStore, type PolicyStore } from './policy.ts';
import { createForgetStore, type ForgetStore } from './forget.ts';
import type { Schema } from './schema.ts';
import { emptyWriteAheadLog, openSqlite } from './sqlite.ts';
import { scrubFile } from './scrub.ts';
import { createScopeStore, type ScopeStore } from './scopes.ts';
import { createUseCounter, type UseCounter } from './use-counter.ts';
import { countTurnedAway, type TurnedAway } from './turned-away.ts';
import { createUsageStore, type UsageStore } from './usage.ts';
import { createTurnStore, type TurnStore } from './turns.ts';
import { createWriteQueue, type WriteQueue } from './write-queue.ts';

export type Language = 'zh' | 'en';

/** Claimed event keys are kept this long: redeliveries were seen days later, far past the documented seven hours. */
const claimRetentionMs = 8 * 24 * 60 * 60_000;
/** Acts and refusals are kept for a year: they hold no text, and questions about them come late. */
const auditRetentionMs = 366 * 24 * 60 * 60_000;

export type Store = {
  readonly turns: TurnStore;
  /** Pictures as the model saw them, for later questions. */
  readonly media: {
    put(turn: TurnId, images: readonly ModelImage[], expiresAt: number): Promise<void>;
    /** In order; empty when there were none or they have expired. */
    of(turn: TurnId, now: number): Promise<readonly ModelImage[]>;
  };
  readonly scopes: ScopeStore;
  readonly people: {
    /** From memory after the first look. */
    language(platform: PlatformId, person: PersonKey): Promise<Language | undefined>;
    setLanguage(platform: PlatformId, person: PersonKey, language: Language): Promise<void>;
  };
  readonly knownPeople: PeopleList;
  readonly feedback: {
    give(turn: TurnId, person: PersonKey, verdict: 'good' | 'bad', at: number): Promise<void>;
    withdraw(turn: TurnId, person: PersonKey): Promise<void>;
  };
  readonly audit: AuditStore;
  readonly calls: CallStore;
  readonly usage: UsageStore;
  readonly counter: UseCounter;
  readonly forget: ForgetStore;
  readonly policy: PolicyStore;
  readonly broadcasts: BroadcastStore;
  /** What a pause since then kept from being answered. */
  turnedAway(since: number): Promise<TurnedAway>;
  /** Forgets what has outlived its retention: texts, pictures, claims. */
  purge(now: number, retentionMs: number): Promise<void>;
  /** False after a write failed, until one succeeds. */
  healthy(): boolean;
  sizeBytes(): number;
  close(): Promise<void>;
};

function createMedia(db: Kysely<Schema>, queue: WriteQueue): Store['media'] {
  return {
    put: (turn, images, expiresAt) =>
      queue.write(async (transaction) => {
        await transaction.deleteFrom('media').where('turn_id', '=', turn).execute();
        const erased = await transaction
          .selectFrom('turns')
          .select('id')
          .where('id', '=', turn)
          .where('erased_at', 'is not', null)
          .executeTakeFirst();
        if (erased !== undefined) return;
        for (const [position, { mime, bytes, width, height }] of images.entries()) {
          const row = { turn_id: turn, position, mime, width, height, bytes, expires_at: expiresAt };
          await transaction.insertInto('media').values(row).execute();
        }
      }),
    of: async (turn, now) => {
      const rows = await db
        .selectFrom('media')
        .selectAll()
        .where('turn_id', '=', turn)
        .where('expires_at', '>', now)
        .orderBy('position')
        .execute();
      return rows.map(({ mime, bytes, width, height }) => ({
        mime: mime as ModelImage['mime'],
        bytes,
        width,
        height,
      }));
    },
  };
}

/** Languages looked up lately; more than any company's people asking in one day. */
const maxRememberedPeople = 10_000;

function createPeople(db: Kysely<Schema>, queue: WriteQueue): Store['people'] {
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

async function purge(queue: WriteQueue, now: number, retentionMs: number): Promise<void> {
  await queue.write(async (transaction) => {
    const oldest = now - retentionMs;
    await transaction.deleteFrom('media').where('expires_at', '<=', now).execute();
    await transaction
      .deleteFrom('claims')
      .where('claimed_at', '<', now - claimRetentionMs)
      .execute();
    await transaction.deleteFrom('feedback').where('given_at', '<', oldest).execute();
    await transaction
      .deleteFrom('audit')
      .where('at', '<', now - auditRetentionMs)
      .execute();
    await transaction
      .deleteFrom('turns')
      .where('accepted_at', '<', oldest)
      .where('state', 'in', ['done', 'failed', 'interrupted'])
      .execute();
  });
}

/** `SQLITE_CORRUPT` and `SQLITE_NOTADB`, https://www.sqlite.org/rescode.html */
const damagedCodes = new Set([11, 26]);

/** A damaged file is left as it is: whoever runs the service may have a backup, or a tool that saves some of it. */
function explainDamage(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (!damagedCodes.has(code)) return error;
  const advice = 'Put a backup in its place, or move it away for a fresh start; it was not changed.';
  return new Error(`The database ${file} is damaged. ${advice}`, { cause: error });
}

async function openMigrated(file: string): Promise<Kysely<Schema>> {
  const db = openSqlite(file);
  try {
    await migrate(db, { bytes: 'blob' });
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Opens the embedded database in `file` and brings its schema up to date. Rejects with `NewerSchemaError`. */
export async function openStore(file: string, clock: Clock): Promise<Store> {
  const db = await openMigrated(file).catch((error: unknown) => {
    throw explainDamage(file, error);
  });
  const inner = createWriteQueue(db, clock);
  let healthy = true;
  const queue: WriteQueue = {
    idle: () => inner.idle(),
    alone: (work) => inner.alone(work),
    write: (work) =>
      inner.write(work).then(
        (result) => ((healthy = true), result),
        (error: unknown) => {
          healthy = false;
          throw error;
        },
      ),
  };
  const forget = createForgetStore(db, queue, () => scrubFile(file));
  const broadcasts = createBroadcastStore(db, queue);
  return {
    turns: createTurnStore(db, queue),
    media: createMedia(db, queue),
    scopes: createScopeStore(db, queue),
    people: createPeople(db, queue),
    knownPeople: createPeopleList(db),
    feedback: {
      give: (turn, person, verdict, at) =>
        queue.write(async (transaction) => {
          await transaction
            .insertInto('feedback')
            .values({ turn_id: turn, person, verdict, given_at: at })
            .onConflict((conflict) =>
              conflict.columns(['turn_id', 'person']).doUpdateSet({ verdict, given_at: at }),
            )
            .execute();
        }),
      withdraw: (turn, person) =>
        queue.write(async (transaction) => {
          await transaction
            .deleteFrom('feedback')
            .where('turn_id', '=', turn)
            .where('person', '=', person)
            .execute();
        }),
    },
    audit: createAuditStore(db, queue),
    calls: createCallStore(db, queue),
    usage: createUsageStore(db),
    counter: createUseCounter(db),
    forget,
    policy: createPolicyStore(db, queue),
    broadcasts,
    turnedAway: (since) => countTurnedAway(db, since),
    async purge(now, retentionMs) {
      await purge(queue, now, retentionMs);
      await broadcasts.purge(now - retentionMs);
      await emptyWriteAheadLog(db);
      await forget.scrub();
    },
    healthy: () => healthy,
    sizeBytes: () => statSync(file).size,
    async close() {
      await queue.idle();
      await db.destroy();
    },
  };
}
