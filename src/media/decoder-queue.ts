import type { DecoderWorker } from './decoder-worker.ts';

/** Whoever took a worker gives it back, whatever became of the work. */
export type DecoderQueue = {
  take(bytes: number, signal: AbortSignal): Promise<DecoderWorker | 'full' | 'aborted'>;
  giveBack(worker: DecoderWorker): void;
};

/** Hands out workers, first come, first served, with a bound on the pictures that wait and on their bytes. */
export function createDecoderQueue(
  workers: readonly DecoderWorker[],
  max: { readonly waiting: number; readonly bytes: number },
): DecoderQueue {
  const free = [...workers];
  const line: Waiting[] = [];
  return {
    async take(bytes, signal) {
      if (signal.aborted) return 'aborted';
      const worker = free.pop();
      if (worker !== undefined) return worker;
      const waitingBytes = line.reduce((sum, waiting) => sum + waiting.bytes, bytes);
      if (line.length >= max.waiting || waitingBytes > max.bytes) return 'full';
      return new Promise((resolve) => {
        const leave = (): void => {
          line.splice(line.indexOf(waiting), 1);
          resolve('aborted');
        };
        const waiting: Waiting = {
          bytes,
          give(given) {
            signal.removeEventListener('abort', leave);
            resolve(given);
          },
        };
        line.push(waiting);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
    giveBack(worker) {
      const next = line.shift();
      if (next === undefined) free.push(worker);
      else next.give(worker);
    },
  };
}

type Waiting = { readonly bytes: number; give(worker: DecoderWorker): void };
