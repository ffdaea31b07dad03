import { sql, type Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** Column types whose names differ between the engines. */
export type ColumnTypes = { readonly bytes: 'blob' | 'bytea' };

/** The schema's first version; everything since is a migration of its own. */
export async function createFirstTables(db: Kysely<Schema>, types: ColumnTypes): Promise<void> {
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
