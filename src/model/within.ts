import type { Clock } from '../contract/runtime.ts';

/** Runs something that takes a signal; aborts it after `limitMs` or with `signal`, whichever comes first. */
export async function within<Result>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const done = new AbortController();
  void clock.sleep(limitMs, done.signal).then(() => {
    if (!done.signal.aborted) limit.abort(new DOMException(`no answer within ${limitMs} ms`, 'TimeoutError'));
  });
  const unlink = link(signal, limit);
  try {
    return await run(limit.signal);
  } finally {
    unlink();
    done.abort();
  }
}

/** Asks anew: between two waits the answer can change, which the compiler does not believe of a property. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Lets `controller` abort with `signal`. Call the result when that is over, or a long-lived signal collects listeners. */
export function link(signal: AbortSignal, controller: AbortController): () => void {
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return () => signal.removeEventListener('abort', abort);
}

/** Waits for something that others wait for too and that is therefore not stopped; undefined when we are. */
export function unlessAborted<Result>(
  waited: Promise<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
