import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { DatabaseError, Pool, types, type ClientConfig, type PoolClient } from 'pg';
import { ConnectionLostError } from './store-errors.ts';

/** How long the parts of a conversation with the database may take. In milliseconds. */
export type Patience = {
  /** For one statement, by the server's clock. */
  readonly statementMs: number;
  /** For a lock that somebody else holds. */
  readonly lockMs: number;
};

/**
 * Statements here are short, and platforms wait three seconds at least for an acknowledgement; a purge goes in small
 * steps. A transaction that stands still (a stopped process, a machine that is gone) must end before the patience of
 * those that wait for it.
 */
export const everydayPatience: Patience = { statementMs: 5_000, lockMs: 4_000 };
const idleInTransactionMs = 3_000;
/** Beyond the statement's own time: then the server is not there any more. */
const answerGraceMs = 1_000;
const connectMs = 3_000;
const maxConnections = 10;
/** Firewalls forget quiet connections, often after five minutes. */
const keepAliveAfterMs = 30_000;

/** Object ids of PostgreSQL's types: `select oid from pg_type`. Counts and times stay far below 2^53. */
const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [20, Number], // bigint
  [1700, Number], // numeric, which sums of bigint are
  [17, readBytes],
]);

/** As `bytea_output = hex` has it: `\x` and two digits for each byte. */
function readBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
}

/** For this connection only: other users of `pg` in this process keep what they are used to. */
const ownTypes: NonNullable<ClientConfig['types']> = {
  getTypeParser: (oid, format) =>
    (format === 'binary' ? undefined : parsers.get(oid)) ?? (types.getTypeParser(oid, format) as unknown),
};

export function connectionOptions(url: string): ClientConfig {
  return {
    connectionString: url,
    types: ownTypes,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    fallback_application_name: 'qwen-chat-bridge',
  };
}

/** What every connection is set to. Set by statements, for poolers in between refuse them as parameters of the start. */
function settings({ statementMs, lockMs }: Patience): string {
  return [
    `set statement_timeout = ${statementMs}`,
    `set lock_timeout = ${lockMs}`,
    `set idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
    // Statements after a wait must see what was committed meanwhile.
    'set bytea_output = hex',
    "set default_transaction_isolation = 'read committed'",
    // What was committed survives; a server that was set to wait for standbys, too, goes on doing so.
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
  ].join(';');
}

/**
 * PostgreSQL's text takes every character but U+0000, which people and models can send; SQLite's takes it. It is stored
 * as U+FFFD, the sign for what cannot be shown.
 */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}

/** An error of the server is its own; everything else means that it did not answer. */
function explain(error: unknown): unknown {
  if (error instanceof TypeError) return error;
  if (!(error instanceof DatabaseError))
    return new ConnectionLostError('the database does not answer', { cause: error });
  // These quote what is stored: "Failing row contains (…)".
  Object.assign(error, { detail: undefined, where: undefined, internalQuery: undefined });
  return error;
}

/**
 * A connection lent for a transaction or a statement. One that broke is thrown away with its return; a first statement
 * that only reads is tried again on another, for the pool cannot know that a connection died in its idleness.
 */
function lend(first: PoolClient, again: () => Promise<PoolClient>): PostgresPoolClient {
  let client = first;
  let used = false;
  let broken = false;

  async function ask<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    try {
      // What `pg` says of its results is true of the statements that are made here.
      return (await client.query(text, parameters.map(storable))) as unknown as PostgresQueryResult<Row>;
    } catch (error) {
      const explained = explain(error);
      // 57P…: the server ends this connection.
      broken ||= explained instanceof ConnectionLostError || /^57P/.test(codeOf(explained));
      throw explained;
    }
  }

  async function query<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    // Its transaction ended with the connection; to say so again would hide why.
    if (broken && text === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] };
    const repeatable = !used && /^(?:select|begin)\b/.test(text);
    used = true;
    try {
      return await ask<Row>(text, parameters);
    } catch (error) {
      if (!repeatable || !broken) throw error;
      client.release(true);
      client = await again();
      broken = false;
      return ask<Row>(text, parameters);
    }
  }

  return {
    query: query as PostgresPoolClient['query'],
    release: () => client.release(broken),
  };
}

function codeOf(error: unknown): string {
  return error instanceof DatabaseError ? (error.code ?? '') : '';
}

/** Connections to PostgreSQL as the query builder wants them. Their errors are classified here and nowhere else. */
export function createPostgresPool(url: string, patience: Patience): PostgresPool {
  const pool = new Pool({
    ...connectionOptions(url),
    max: maxConnections,
    query_timeout: patience.statementMs + answerGraceMs,
    // Waited for, whatever its type says.
    onConnect: (client): unknown => client.query(settings(patience)),
  });
  // A connection that dies between two statements is simply replaced; who needs one then hears of what is wrong.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const connect = async (): Promise<PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      throw explain(error);
    }
  };
  return {
    options: {},
    connect: async () => lend(await connect(), connect),
    end: () => pool.end(),
  };
}
