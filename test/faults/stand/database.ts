import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { createSchema } from '../../fakes/postgres.ts';
import { stateFolder, type ServiceEnvironment } from '../../support/service-process.ts';

export type EngineName = 'sqlite' | 'postgres';

/** What the service has stored of one message, as far as the oracle must know. */
export type StoredTurn = {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly chat: string;
  readonly person: string;
  readonly joinedTo: string | undefined;
  /** The words of the message, those that were taken with it included. */
  readonly text: string;
  /** How it ended, once that is decided. */
  readonly status: string | undefined;
  readonly retried: boolean;
};

/** A database of its own for one run, which the service writes and the oracle reads. */
export type RunDatabase = {
  readonly engine: EngineName;
  /** A folder for each replica; with the embedded database there is one. */
  folder(replica: number): string;
  /** Where the embedded database lies. */
  readonly file: string;
  readonly environment: ServiceEnvironment;
  readonly secrets: readonly string[];
  /** Everything stored, oldest first. Rejects while the database cannot be read. */
  turns(): Promise<readonly StoredTurn[]>;
  /** From now on the database itself counts writes to turns whose lease was over; PostgreSQL only. */
  watchLeases(): Promise<void>;
  /** How many there were; 0 where nobody counts. */
  lateWrites(): Promise<number>;
  remove(): Promise<void>;
};

const columns =
  'id, kind, state, chat, person, joined_to, message, outcome, retried_at, accepted_at from turns order by accepted_at';

type Row = Readonly<Record<string, unknown>>;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function decode(row: Row): StoredTurn {
  const message = JSON.parse(textOf(row['message'])) as { readonly text?: string };
  const outcome = row['outcome'] === null ? undefined : (JSON.parse(textOf(row['outcome'])) as Row);
  return {
    id: textOf(row['id']),
    kind: textOf(row['kind']),
    state: textOf(row['state']),
    chat: textOf(row['chat']),
    person: textOf(row['person']),
    joinedTo: row['joined_to'] === null ? undefined : textOf(row['joined_to']),
    text: message.text ?? '',
    status: outcome === undefined ? undefined : textOf(outcome['status']),
    retried: row['retried_at'] !== null,
  };
}

function readSqlite(file: string): readonly StoredTurn[] {
  if (!existsSync(file)) return [];
  const database = new DatabaseSync(file, { readOnly: true, timeout: 500 });
  try {
    return database.prepare(`select ${columns}`).all().map(decode);
  } finally {
    database.close();
  }
}

async function ask(url: string, statement: string): Promise<readonly Row[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * A write that neither renews a lease nor takes a turn over, to a turn whose lease was over at that moment by the
 * database's own clock.
 */
const lateWriteTrigger = `
  create table late_writes (turn text not null, at timestamptz not null);
  create function note_late_write() returns trigger language plpgsql as $$
  begin
    if old.lease_until < extract(epoch from clock_timestamp()) * 1000
      and new.fence = old.fence and new.lease_until is not distinct from old.lease_until
      and old.state not in ('done', 'failed', 'interrupted')
    then
      insert into late_writes values (old.id, clock_timestamp());
    end if;
    return new;
  end $$;
  create trigger late_write before update on turns for each row execute function note_late_write();
`;

/** `server`: the address of a PostgreSQL, asked for only where it is needed. */
export async function openRunDatabase(
  engine: EngineName,
  server: () => Promise<string>,
): Promise<RunDatabase> {
  const folders = new Map<number, ReturnType<typeof stateFolder>>();
  const folder = (replica: number): string => {
    const known = folders.get(replica) ?? stateFolder();
    folders.set(replica, known);
    return known.path;
  };
  const file = join(folder(0), 'data', 'bridge.db');
  const schema = engine === 'postgres' ? await createSchema(await server()) : undefined;
  const password = schema === undefined ? '' : new URL(schema.url).password;
  return {
    engine,
    folder,
    file,
    environment: schema === undefined ? {} : { DATABASE_URL: schema.url },
    secrets: password === '' ? [] : [password, decodeURIComponent(password)],
    turns: async () =>
      schema === undefined ? readSqlite(file) : (await ask(schema.url, `select ${columns}`)).map(decode),
    async watchLeases() {
      if (schema !== undefined) await ask(schema.url, lateWriteTrigger);
    },
    async lateWrites() {
      if (schema === undefined) return 0;
      const [row] = await ask(schema.url, 'select count(*) as count from late_writes');
      return Number(row?.['count']);
    },
    async remove() {
      await schema?.drop();
      for (const { remove } of folders.values()) remove();
    },
  };
}
