import type { Clock, Logger } from '../contract/runtime.ts';
import { createDecoderQueue } from './decoder-queue.ts';
import { createDecoderWorker } from './decoder-worker.ts';
import { defaultPictureLimits, inspectPicture } from './inspect.ts';
import type { ImageOutcome, ImagePreparer } from './types.ts';

export type ImagePreparerOptions = {
  readonly clock: Clock;
  readonly log: Logger;
  /** How many pictures are decoded at once, each in a process of its own; default 1. */
  readonly processes?: number;
  /** For one picture; default 10 s. */
  readonly timeCapMs?: number;
  /** Resident memory of one process; default 512 MB. */
  readonly memoryCapBytes?: number;
  /** After how long without work a process ends; default 30 s (one that has decoded keeps 70 to 120 MB otherwise). */
  readonly idleMs?: number;
  /** Pictures that may wait; default 128. */
  readonly maxWaiting?: number;
  /** And their bytes; default 128 MB. */
  readonly maxWaitingBytes?: number;
  /** Bytes and pixels of one picture; default 20 MB, 50 megapixels. */
  readonly maxBytes?: number;
  readonly maxPixels?: number;
  /** The program the processes run; default is ours. Tests put in one that hangs or dies. */
  readonly script?: URL;
};

/**
 * Turns bytes from a chat into images for the model. Headers are judged here; only what passes reaches a decoder, and
 * that one runs in a process without secrets, under caps of time and memory, which is replaced when it fails.
 */
export function createImagePreparer(options: ImagePreparerOptions): ImagePreparer {
  const limits = {
    maxBytes: options.maxBytes ?? defaultPictureLimits.maxBytes,
    maxPixels: options.maxPixels ?? defaultPictureLimits.maxPixels,
  };
  const workers = Array.from({ length: options.processes ?? 1 }, () =>
    createDecoderWorker({
      script: options.script ?? new URL('./decoder-child.ts', import.meta.url),
      timeCapMs: options.timeCapMs ?? 10_000,
      memoryCapBytes: options.memoryCapBytes ?? 512 * 1024 * 1024,
      idleMs: options.idleMs ?? 30_000,
      clock: options.clock,
      log: options.log,
    }),
  );
  const queue = createDecoderQueue(workers, {
    waiting: options.maxWaiting ?? 128,
    bytes: options.maxWaitingBytes ?? 128 * 1024 * 1024,
  });
  const stopping = new AbortController();

  return {
    async prepare(bytes, maxImages, callerSignal) {
      const inspection = inspectPicture(bytes, limits);
      if (!inspection.ok) return inspection;
      const signal = AbortSignal.any([callerSignal, stopping.signal]);
      const worker = await queue.take(bytes.byteLength, signal);
      if (worker === 'full') {
        options.log.warn({ bytes: bytes.byteLength }, 'too many pictures wait: one refused');
      }
      if (typeof worker === 'string') return failed;
      try {
        const { maxPixels } = limits;
        const job = { bytes, format: inspection.format, maxPixels, maxImages: Math.max(1, maxImages) };
        return await worker.run(job, signal);
      } catch (error) {
        // Starting a process throws where the machine has no memory for it.
        options.log.error({ error }, 'picture decoder could not be started');
        return failed;
      } finally {
        queue.giveBack(worker);
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

const failed: ImageOutcome = { ok: false, code: 'decoder-failed' };
