import { z } from 'zod';
import type { PictureFormat } from './detect.ts';

/** One picture on its way to the child. Its header was inspected; the decoder checks the pixels once more. */
export type DecodeJob = {
  readonly bytes: Uint8Array;
  readonly format: PictureFormat;
  readonly maxPixels: number;
  readonly maxImages: number;
};

/** What the child sends back, once for each job. */
export type DecodeAnswer = z.infer<typeof answerSchema>;

/**
 * The parent looks before it believes: the child works on hostile bytes, and what it sends goes to the model as it is.
 * Undefined when it is no answer to this job.
 */
export function decodeAnswer(message: unknown, job: DecodeJob): DecodeAnswer | undefined {
  const { success, data: answer } = answerSchema.safeParse(message);
  if (!success || (answer.ok && answer.images.length > job.maxImages)) return undefined;
  return answer;
}

const sideSchema = z.int().min(1).max(4096);

const answerSchema = z.union([
  z.object({
    ok: z.literal(true),
    images: z
      .array(
        z.object({
          mime: z.enum(['image/jpeg', 'image/png']),
          bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
          width: sideSchema,
          height: sideSchema,
        }),
      )
      .min(1),
    reduced: z.boolean(),
    endLeftOut: z.boolean(),
  }),
  z.object({
    ok: z.literal(false),
    code: z.enum(['corrupt', 'unsupported', 'too-many-pixels', 'decoder-failed']),
  }),
]);
