import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LogLine } from '../support/service-process.ts';
import { readImageSettings } from './dockerfile.ts';
import type { Image } from './image.ts';

/** What the kernel does for a container: its own process ids, nothing writable but the state, no privileges. */
export type Container = {
  readonly log: readonly LogLine[];
  readonly errors: () => string;
  /** Runs the image's health check; gives back its exit code. */
  checkHealth(): number | null;
  /** Sends a signal to process 1 of the container; nothing happens once that has ended. */
  send(signal: NodeJS.Signals): void;
  /** Resolves when process 1 has ended. */
  readonly exitCode: Promise<number | null>;
};

const isolate = ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];

/** Containers within containers are often forbidden. */
export function canIsolate(): boolean {
  return spawnSync('unshare', [...isolate, 'mount', '--make-rprivate', '/']).status === 0;
}

/** `$1` is the image's folder, `$2` its state; the rest is the command. */
const readOnlyRoot = `set -e
mount --make-rprivate /
mount --bind "$2" "$1/data"
mount -o remount,bind,ro /
cd "$1"
if touch ./written 2>/dev/null; then echo 'the root is writable' >&2; exit 99; fi
shift 2
exec "$@"`;

/** The image's command as its user, on a root that is read-only. */
export function runContainer(image: Image, state: string, environment: Record<string, string>): Container {
  const settings = readImageSettings();
  const [uid, gid] = settings.user;
  const variables = { ...settings.environment, ...environment };
  const assignments = Object.entries({ PATH: process.env['PATH'], ...variables }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const [, ...flags] = settings.command;
  const become = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--no-new-privs',
    '--bounding-set=-all',
  ];
  const command = [...become, 'env', '-i', ...assignments, process.execPath, ...flags];
  // Nothing goes on when the test's own process is killed.
  const mortal = ['--pdeathsig', 'KILL', 'unshare', ...isolate];
  const inside = ['sh', '-c', readOnlyRoot, 'sh', image.app, state, ...command];
  const child = spawn('setpriv', [...mortal, ...inside], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (line) => log.push(JSON.parse(line) as LogLine));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ended = once(child, 'exit') as Promise<[number | null]>;
  return {
    log,
    errors: () => errors,
    checkHealth: () =>
      spawnSync(process.execPath, settings.healthCheck.slice(1), { cwd: image.app, env: variables, uid, gid })
        .status,
    send(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      if (first !== '') process.kill(Number(first), signal);
    },
    exitCode: ended.then(([code]) => code),
  };
}
