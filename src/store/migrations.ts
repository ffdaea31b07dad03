import { sql, type Kysely, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** Column types whose names differ between the engines. */
export type ColumnTypes = { readonly bytes: 'blob' | 'bytea' };

type Migration = (db: Kysely<Schema>, types: ColumnTypes) => Promise<void>;

async function createFirstTables(db: Kysely<Schema>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('claims')
    .addColumn('adapter', 'text', (column) => column.notNull())
    .addColumn('event_key', 'text', (column) => column.notNull())
    .addColumn('claimed_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('claims_key', ['adapter', 'event_key'])
    .execute();
  await db.schema.createIndex('claims_by_age').on('claims').column('claimed_at').execute();
  await db.schema
    .createTable('turns')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('adapter', 'text', (column) => column.notNull())
    .addColumn('event_key', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('chat', 'text', (column) => column.notNull())
    .addColumn('place_kind', 'text', (column) => column.notNull())
    .addColumn('topic', 'text')
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('notice', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('question', 'text')
    .addColumn('answer', 'text')
    .addColumn('outcome', 'text')
    .addColumn('parts', 'text', (column) => column.notNull())
    .addColumn('button_key', 'text', (column) => column.notNull().unique())
    .addColumn('retried_at', 'bigint')
    .addColumn('prompt_tokens', 'integer')
    .addColumn('completion_tokens', 'integer')
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('turns_by_event').on('turns').columns(['adapter', 'event_key']).execute();
  await db.schema.createIndex('turns_by_scope').on('turns').columns(['scope', 'accepted_at']).execute();
  await db.schema.createIndex('turns_by_age').on('turns').column('accepted_at').execute();
  // Recovery asks for the few that are not ended; a partial index keeps that cheap however many are.
  await sql`create index turns_unfinished on turns (accepted_at) where state in ('accepted', 'open', 'streaming', 'finalising')`.execute(
    db,
  );
  await db.schema
    .createTable('media')
    .addColumn('turn_id', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('mime', 'text', (column) => column.notNull())
    .addColumn('width', 'integer', (column) => column.notNull())
    .addColumn('height', 'integer', (column) => column.notNull())
    .addColumn('bytes', sql.raw(types.bytes), (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('media_key', ['turn_id', 'position'])
    .execute();
  await db.schema.createIndex('media_by_expiry').on('media').column('expires_at').execute();
  await db.schema
    .createTable('scopes')
    .addColumn('scope', 'text', (column) => column.primaryKey())
    .addColumn('reset_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('people')
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('language', 'text')
    .addPrimaryKeyConstraint('people_key', ['platform', 'person'])
    .execute();
  await db.schema
    .createTable('feedback')
    .addColumn('turn_id', 'text', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('verdict', 'text', (column) => column.notNull())
    .addColumn('given_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('feedback_key', ['turn_id', 'person'])
    .execute();
  await db.schema
    .createTable('audit')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('act', 'text', (column) => column.notNull())
    .addColumn('allowed', 'integer', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('audit_by_age').on('audit').column('at').execute();
}

async function countCalls(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('calls')
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('api', 'text', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('calls_key', ['platform', 'day', 'api'])
    .execute();
}

async function switchThinking(db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('scopes').addColumn('thinking', 'integer').execute();
}

async function nameModels(db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('turns').addColumn('model', 'text').execute();
}

async function knowPeople(db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('turns').addColumn('trace', 'text').execute();
  await db.schema.alterTable('turns').addColumn('joined_to', 'text').execute();
  await db.schema
    .createIndex('turns_by_person')
    .on('turns')
    .columns(['platform', 'person', 'accepted_at'])
    .execute();
  await db.schema
    .createIndex('turns_by_chat')
    .on('turns')
    .columns(['adapter', 'chat', 'accepted_at'])
    .execute();
  await db.schema.createIndex('turns_by_question').on('turns').column('joined_to').execute();
  await db.schema.alterTable('scopes').addColumn('assistant', 'text').execute();
  await db.schema.alterTable('scopes').addColumn('model', 'text').execute();
  await db.schema
    .alterTable('people')
    .addColumn('vip', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createTable('chats')
    .addColumn('adapter', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('chat', 'text', (column) => column.notNull())
    .addColumn('context', 'text')
    .addColumn('assistant', 'text')
    .addPrimaryKeyConstraint('chats_key', ['adapter', 'tenant', 'chat'])
    .execute();
  await db.schema
    .createTable('administrators')
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('added_at', 'bigint', (column) => column.notNull())
    .addColumn('added_by', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('administrators_key', ['platform', 'person'])
    .execute();
  await db.schema
    .createTable('access_rules')
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('effect', 'text', (column) => column.notNull())
    .addColumn('set_at', 'bigint', (column) => column.notNull())
    .addColumn('set_by', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('access_rules_key', ['platform', 'kind', 'subject'])
    .execute();
  await db.schema
    .createTable('limits')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('requests_per_minute', 'integer')
    .addColumn('tokens_per_day', 'bigint')
    .addPrimaryKeyConstraint('limits_key', ['kind', 'platform', 'subject'])
    .execute();
  await db.schema
    .createTable('settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('broadcasts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('broadcast_targets')
    .addColumn('broadcast_id', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('adapter', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('broadcast_targets_key', ['broadcast_id', 'position'])
    .execute();
}

async function rememberErasure(db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('turns').addColumn('erased_at', 'bigint').execute();
}

async function markCommits(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('commits')
    .addColumn('writer', 'text', (column) => column.primaryKey())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute();
}

async function leaseTurns(db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('turns').addColumn('owner', 'text').execute();
  await db.schema.alterTable('turns').addColumn('lease_until', 'bigint').execute();
  await db.schema
    .alterTable('turns')
    .addColumn('fence', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}

async function meetReplicas(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('shared')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('shared_by_expiry').on('shared').column('expires_at').execute();
  await db.schema
    .createTable('replicas')
    .addColumn('owner', 'text', (column) => column.primaryKey())
    .addColumn('joined_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('alive_until', 'bigint', (column) => column.notNull())
    .addColumn('counts', 'text', (column) => column.notNull())
    .execute();
}

async function boundTakingUp(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('turns')
    .addColumn('taken_up', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('turns').addColumn('stop_wish', 'text').execute();
  await db.schema.alterTable('turns').addColumn('lane_fence', 'integer').execute();
}

/** Version n of the schema is what stands after the first n of these. Never edited once released, only appended. */
const migrations: readonly Migration[] = [
  createFirstTables,
  countCalls,
  switchThinking,
  nameModels,
  knowPeople,
  rememberErasure,
  markCommits,
  leaseTurns,
  meetReplicas,
  boundTakingUp,
];

/** The database was written by a newer program; going on could destroy what this one does not know. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';

  constructor(found: number, known: number) {
    super(
      `The database was written by a newer version of this program (schema ${found}, this one knows up to ${known}). ` +
        'Start that version, or put back a backup made before the update; nothing was changed.',
    );
  }
}

/**
 * Brings the schema to this program's version, all or nothing. Nobody else may change the schema until the transaction
 * ends. Rejects with `NewerSchemaError` when the database is newer.
 */
export async function migrate(transaction: Transaction<Schema>, types: ColumnTypes): Promise<void> {
  await transaction.schema
    .createTable('meta')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
  const row = await transaction
    .selectFrom('meta')
    .select('value')
    .where('name', '=', 'schema')
    .executeTakeFirst();
  const found = Number(row?.value ?? 0);
  if (found > migrations.length) throw new NewerSchemaError(found, migrations.length);
  if (found === migrations.length) return;
  for (const migration of migrations.slice(found)) await migration(transaction, types);
  const value = String(migrations.length);
  await transaction
    .insertInto('meta')
    .values({ name: 'schema', value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
