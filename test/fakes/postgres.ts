import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';

const startWithinMs = 60_000;

type Told = { readonly url?: string; readonly failure?: string };

/**
 * A PostgreSQL for tests: the one `TEST_DATABASE_URL` names, or one from the registry, started by the first test of a run
 * that asks and ended with the run. Undefined where there is none for this platform. Rejects when it does not start.
 */
export async function postgresUrl(): Promise<string | undefined> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return given;
  // The parent of a test's process is the run.
  const owner = process.ppid;
  const folder = join(tmpdir(), `bridge-test-run-${owner}-${await startOf(owner)}`);
  const file = join(folder, 'postgres.json');
  // Whoever makes the folder starts the server; the others wait for it.
  const first = await mkdir(folder).then(
    () => true,
    () => false,
  );
  if (first) {
    const keeper = fileURLToPath(new URL('postgres-keeper.ts', import.meta.url));
    spawn(process.execPath, [keeper, String(owner), file], { detached: true, stdio: 'ignore' }).unref();
  }
  const { url, failure } = await told(file);
  if (failure !== undefined) throw new Error(failure);
  return url;
}

/** Process ids are used again. Linux's own clock ticks (proc_pid_stat(5), field 22); elsewhere nothing. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line.slice(line.lastIndexOf(')')).split(' ')[20] ?? '0';
}

async function told(file: string): Promise<Told> {
  const giveUpAt = Date.now() + startWithinMs;
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return JSON.parse(text) as Told;
    if (Date.now() > giveUpAt) throw new Error('PostgreSQL was not started in time');
    await sleep(25);
  }
}

/** Says so where a test cannot run, so that nobody takes it for passed. */
export const postgresIsMissing = 'PostgreSQL: no binaries for this platform; set TEST_DATABASE_URL';

export type TestSchema = { readonly url: string; readonly name: string; drop(): Promise<void> };

/** An empty schema of its own in that database, so that tests do not meet. */
export async function createSchema(server: string): Promise<TestSchema> {
  const name = `test_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await ask(server, `create schema ${name}`);
  const url = new URL(server);
  url.searchParams.set('options', `-c search_path=${name}`);
  return { url: url.href, name, drop: () => ask(server, `drop schema ${name} cascade`) };
}

/** Runs one statement on a connection of its own. */
export async function ask(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
