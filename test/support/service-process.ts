import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm start` runs, so that tests and figures are those of the service as people start it. */
function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start
    .split(' ')
    .slice(2)
    .map((part) => (part.startsWith('-') ? part : join(root, part)));
}

/** One line of the service's log, decoded. */
export type LogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

export type ServiceProcess = {
  readonly port: number;
  readonly pid: number;
  /** Lines of its log so far. */
  readonly log: readonly LogLine[];
  /** Everything it wrote to the standard error so far. */
  readonly errors: () => string;
  /** Resolves when `/readyz` answers 200. */
  ready(): Promise<void>;
  /** Sends a signal and resolves with the exit code (or the signal's name) once it has ended. */
  end(signal: NodeJS.Signals): Promise<number | string>;
};

export type ServiceEnvironment = Readonly<Record<string, string>>;

/** A free port on the loopback address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A folder for the service's state; call the function to remove it. */
export function stateFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bridge-state-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the real service as a process of its own in `folder`, with nothing in its environment but what is given. */
export async function startServiceProcess(
  folder: string,
  environment: ServiceEnvironment,
): Promise<ServiceProcess> {
  const port = Number(environment['PORT'] ?? (await freePort()));
  const child: ChildProcess = spawn(process.execPath, startArguments(), {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TIME_ZONE: 'Asia/Shanghai',
      ...environment,
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: LogLine[] = [];
  let errors = '';
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  createInterface({ input: child.stdout }).on('line', (line) => {
    try {
      log.push(JSON.parse(line) as LogLine);
    } catch {
      errors += `${line}\n`;
    }
  });
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;

  return {
    port,
    pid: child.pid ?? 0,
    log,
    errors: () => errors,
    async ready() {
      const giveUpAt = Date.now() + 20_000;
      for (;;) {
        if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}: ${errors}`);
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
        if (answer?.status === 200) return;
        if (Date.now() > giveUpAt) throw new Error(`not ready: ${JSON.stringify(log)}\n${errors}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code, how] =
        child.exitCode !== null || child.signalCode !== null
          ? [child.exitCode, child.signalCode]
          : await ended;
      return code ?? how ?? 'unknown';
    },
  };
}
