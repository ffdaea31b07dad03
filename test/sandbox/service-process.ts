import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createBoundedList } from '../simulators/feishu/bounded-list.ts';
import type { View } from './pane.ts';

export type ServiceState = {
  readonly phase: 'starting' | 'running' | 'killed' | 'ended' | 'stopping';
  readonly pid: number | undefined;
  readonly port: number | undefined;
  readonly starts: number;
  /** Since when it is in this phase. */
  readonly sinceMs: number;
  /** From the last `kill -9` to being connected again. */
  readonly recoveredMs: number | undefined;
};

/** The real service as a child process: the thing the demo shows. */
export type ServiceProcess = {
  state(): ServiceState;
  lines(): readonly View[];
  start(): void;
  /** To be called when the platforms see it connected. */
  connected(): void;
  /** Ends it without warning, as a power cut would. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop, and ends it when it does not; it cannot be started again. */
  stop(): Promise<void>;
};

export type ServiceProcessOptions = {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onState: (state: ServiceState) => void;
  readonly onLine: (line: View) => void;
};

const entry = fileURLToPath(new URL('../../src/start.js', import.meta.url));
const rememberedLines = 500;
/** Longer than the service's own grace in the demo. */
const stopWithinMs = 6000;
// Beside its own keys the service gets nothing of the visitor's environment but what a process needs to run.
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_EXTRA_CA_CERTS', 'SystemRoot'];

export function createServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  const lines = createBoundedList<View>(rememberedLines);
  let child: ChildProcess | undefined;
  let killedAtMs: number | undefined;
  let over = false;
  let number = 0;
  let state: ServiceState = {
    phase: 'ended',
    pid: undefined,
    port: undefined,
    starts: 0,
    sinceMs: Date.now(),
    recoveredMs: undefined,
  };

  function change(parts: Partial<ServiceState>): void {
    state = { ...state, ...parts, ...(parts.phase === undefined ? {} : { sinceMs: Date.now() }) };
    options.onState(state);
  }

  function take(line: string): void {
    number += 1;
    const decoded = { id: number, ...decodeLine(line) };
    lines.push(decoded);
    options.onLine(decoded);
    if (decoded.message === 'started' && typeof decoded.fields['port'] === 'number')
      change({ port: decoded.fields['port'] });
  }

  function start(): void {
    if (child !== undefined || over) return;
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
      cwd: options.directory,
      env: { ...environmentOf(inherited), ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      createInterface({ input: stream }).on('line', take);
    started.once('error', (error) => take(error.message));
    started.once('close', () => {
      child = undefined;
      change({ phase: state.phase === 'killed' ? 'killed' : 'ended', pid: undefined, port: undefined });
    });
    change({ phase: 'starting', pid: started.pid, starts: state.starts + 1 });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (ending === undefined) return;
    const closed = once(ending, 'close');
    ending.kill(signal);
    const timer = setTimeout(() => ending.kill('SIGKILL'), stopWithinMs);
    await closed;
    clearTimeout(timer);
  }

  return {
    state: () => state,
    lines: () => lines.all(),
    start,
    connected() {
      if (state.phase !== 'starting') return;
      const recoveredMs = killedAtMs === undefined ? undefined : Date.now() - killedAtMs;
      killedAtMs = undefined;
      change({ phase: 'running', ...(recoveredMs === undefined ? {} : { recoveredMs }) });
    },
    async kill() {
      if (child === undefined) return;
      killedAtMs = Date.now();
      change({ phase: 'killed' });
      await end('SIGKILL');
    },
    async stop() {
      over = true;
      if (child !== undefined) change({ phase: 'stopping' });
      await end('SIGTERM');
    },
  };
}

type Line = {
  readonly level: string;
  readonly atMs: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A line of the service's log; what is no JSON (a sentence on the standard error) is shown as it is. */
function decodeLine(text: string): Line {
  try {
    const { level, time, msg, ...fields } = JSON.parse(text) as Record<string, unknown>;
    const atMs = Date.parse(String(time));
    return {
      level: String(level),
      atMs: Number.isNaN(atMs) ? Date.now() : atMs,
      message: String(msg),
      fields,
    };
  } catch {
    return { level: 'error', atMs: Date.now(), message: text, fields: {} };
  }
}

function environmentOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
