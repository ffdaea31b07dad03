import type { LogFields, Logger } from '../../../src/contract/runtime.ts';
import { systemClock } from '../../../src/clock.ts';
import { createImagePreparer, type ImagePreparerOptions } from '../../../src/media/decoder-process.ts';
import type { ImageFaultCode, ImageOutcome, ImagePreparer } from '../../../src/media/types.ts';
import type { ModelImage } from '../../../src/model/types.ts';

/** A log that keeps the fields of its lines. */
export function keepLog(): { lines: LogFields[]; log: Logger } {
  const lines: LogFields[] = [];
  const keep = (fields: LogFields): void => void lines.push(fields);
  const log = { trace: keep, debug: keep, info: keep, warn: keep, error: keep, addSecret: () => undefined };
  return { lines, log };
}

/** The real preparer with real child processes. A slow machine gets time. */
export function startPreparer(options: Partial<ImagePreparerOptions> = {}) {
  const { lines, log } = keepLog();
  const preparer = createImagePreparer({ clock: systemClock, log, timeCapMs: 40_000, ...options });
  return { preparer, lines };
}

export const never = new AbortController().signal;

/** The images of a picture that must be readable. */
export async function imagesOf(
  preparer: ImagePreparer,
  bytes: Uint8Array,
  maxImages = 8,
): Promise<readonly ModelImage[]> {
  return succeeded(await preparer.prepare(bytes, maxImages, never)).images;
}

export function succeeded(outcome: ImageOutcome): Extract<ImageOutcome, { ok: true }> {
  if (!outcome.ok) throw new Error(`refused: ${outcome.code}`);
  return outcome;
}

/** Why a picture was refused; undefined when it was not. */
export async function faultOf(
  preparer: ImagePreparer,
  bytes: Uint8Array,
): Promise<ImageFaultCode | undefined> {
  const outcome = await preparer.prepare(bytes, 8, never);
  return outcome.ok ? undefined : outcome.code;
}
