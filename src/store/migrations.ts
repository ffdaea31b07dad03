import type { Kysely, Transaction } from 'kysely';
import { createFirstTables, type ColumnTypes } from './first-tables.ts';
import type { Schema } from './schema.ts';

type Migration = (db: Kysely<Schema>, types: ColumnTypes) => Promise<void>;

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
