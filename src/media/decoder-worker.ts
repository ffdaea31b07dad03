import { fork, type ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock, Logger } from '../contract/runtime.ts';
import { decodeAnswer, type DecodeAnswer, type DecodeJob } from './decoder-protocol.ts';

export type DecoderWorkerOptions = {
  /** The program the child runs. */
  readonly script: URL;
  /** For one picture, the child's start included. */
  readonly timeCapMs: number;
  /** Resident memory of the child, which ends itself beyond that. */
  readonly memoryCapBytes: number;
  /** How long a child without work lives on. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly log: Logger;
};

/** One child process at most, started when there is work. `run` takes one job at a time; it rejects only when no process can be started. */
export type DecoderWorker = {
  run(job: DecodeJob, signal: AbortSignal): Promise<DecodeAnswer>;
  /** Ends the child, and with it the job under way. */
  stop(): Promise<void>;
};

type Verdict =
  | { readonly type: 'answer'; readonly answer: DecodeAnswer }
  /** `exited`: by itself, by a crash or at its memory cap; how is in the log line about the exit. */
  | { readonly type: 'exited' | 'timeout' | 'aborted' | 'nonsense' };

/** A child that failed in any way is never used again: the next job gets a fresh one. */
export function createDecoderWorker(options: DecoderWorkerOptions): DecoderWorker {
  let child: ChildProcess | undefined;
  let working = new AbortController();
  const ending = new Set<Promise<void>>();

  function obtain(): ChildProcess {
    working.abort();
    working = new AbortController();
    if (child?.connected !== true) child = startChild(options);
    setKeepsParentAlive(child, true);
    return child;
  }

  function end(): void {
    if (child === undefined) return;
    const exited = kill(child);
    child = undefined;
    ending.add(exited);
    void exited.then(() => ending.delete(exited));
  }

  function rest(idleChild: ChildProcess): void {
    setKeepsParentAlive(idleChild, false);
    const { signal } = working;
    void options.clock.sleep(options.idleMs, signal).then(() => {
      if (!signal.aborted) end();
    });
  }

  return {
    async run(job, signal) {
      if (signal.aborted) return { ok: false, code: 'decoder-failed' };
      const worker = obtain();
      const verdict = await exchange(worker, job, options, signal);
      if (verdict.type === 'answer') {
        rest(worker);
        return verdict.answer;
      }
      end();
      if (verdict.type !== 'aborted') {
        const { exitCode, signalCode } = worker;
        const picture = { format: job.format, bytes: job.bytes.byteLength };
        options.log.warn(
          { reason: verdict.type, exitCode, signalCode, ...picture },
          'picture decoder failed',
        );
      }
      return { ok: false, code: 'decoder-failed' };
    },
    async stop() {
      working.abort();
      end();
      await Promise.all(ending);
    },
  };
}

/** The memory the child's own JavaScript may take; pictures lie outside of it. */
const heapMegabytes = 128;

function startChild({ script, memoryCapBytes }: DecoderWorkerOptions): ChildProcess {
  const child = fork(script, [String(memoryCapBytes)], {
    cwd: dirname(fileURLToPath(script)), // ours may have been deleted since
    env: {}, // no secrets beside hostile bytes
    execArgv: [`--max-old-space-size=${heapMegabytes}`, '--disable-warning=ExperimentalWarning'],
    serialization: 'advanced', // bytes as bytes
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // Without a listener an error (the process could not be started) would end the parent; `exchange` acts on it.
  child.on('error', () => undefined);
  return child;
}

function exchange(
  child: ChildProcess,
  job: DecodeJob,
  { clock, timeCapMs }: DecoderWorkerOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const settle = (verdict: Verdict): void => {
      over.abort();
      child.off('message', onMessage).off('exit', onExit).off('error', onExit);
      resolve(verdict);
    };
    const onExit = (): void => settle({ type: 'exited' });
    const onMessage = (message: unknown): void => {
      const answer = decodeAnswer(message, job);
      settle(answer === undefined ? { type: 'nonsense' } : { type: 'answer', answer });
    };
    child.on('message', onMessage).on('exit', onExit).on('error', onExit);
    // A failed send means that the child is going; its exit says how, and the time cap is there if it does not come.
    child.send(job, () => undefined);
    void clock.sleep(timeCapMs, AbortSignal.any([over.signal, signal])).then(() => {
      settle({ type: signal.aborted ? 'aborted' : 'timeout' });
    });
  });
}

function setKeepsParentAlive(child: ChildProcess, keeps: boolean): void {
  if (keeps) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

/** Resolves once it is gone. */
function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve();
  return new Promise((resolve) => {
    child.ref();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
