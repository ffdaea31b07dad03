import type { Readable } from 'node:stream';
import type { Clock } from '../contract/runtime.ts';
import { createProgress } from './answer-progress.ts';
import type { SentRequest } from './errors.ts';
import type { Failure } from './failure.ts';
import { codeOf } from './network-failure.ts';
import { createPatience } from './patience.ts';
import { createSseReader } from './sse.ts';
import { createThinkSplitter, type SplitPart, type ThinkingSeen } from './think-splitter.ts';
import type { ModelEnd, ModelFault } from './types.ts';

export type AnswerOptions = {
  readonly bytes: Readable;
  /** Whether the model's template opens the thinking in the prompt. */
  readonly opened: boolean;
  readonly sent: SentRequest;
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  /** Closes the connection; `bytes` then ends or breaks off. */
  readonly cut: () => void;
  /** The first word (or thought, or tool call) is here. */
  readonly onFirstToken: () => void;
};

/** What became of the stream; `failed` when nothing of it was handed out. */
export type AnswerOutcome =
  | { readonly type: 'ended'; readonly end: ModelEnd; readonly seen: ThinkingSeen }
  | { readonly type: 'failed'; readonly failure: Failure };

/** After the finish reason only usage and `[DONE]` can come; a server that forgets to close is not waited for. */
const lastWordsMs = 1_000;

/** Reads one event stream to its end; never throws. Gives neighbouring tokens of one packet as one part. */
export async function readAnswer(
  options: AnswerOptions,
  give: (part: SplitPart) => void,
): Promise<AnswerOutcome> {
  const { clock, idleTimeoutMs, cut } = options;
  const parts: SplitPart[] = [];
  const splitter = createThinkSplitter(options.opened, (part) => append(parts, part));
  const progress = createProgress({ ...options, splitter });
  const sse = createSseReader({ data: progress.payload, errorLine: progress.payload });
  const idle = createPatience(clock, idleTimeoutMs, cut);
  const lastWords = createPatience(clock, Math.min(lastWordsMs, idleTimeoutMs), cut);
  let broken: ModelFault = { code: 'cut-off', evidence: 'the stream ended without a finish reason' };
  try {
    await takeAll(options.bytes, (bytes) => {
      if (!sse.feed(bytes)) {
        broken = { code: 'not-openai', evidence: 'a line longer than a megabyte' };
        return false;
      }
      for (const part of parts.splice(0)) give(part);
      if (progress.over()) lastWords.wait();
      else if (progress.begun()) idle.wait();
      return !progress.hopeless();
    });
    sse.end();
  } catch (error) {
    broken = { code: 'cut-off', evidence: codeOf(error) };
  } finally {
    idle.stop();
    lastWords.stop();
  }
  if (idle.expired()) broken = { code: 'idle-timeout', evidence: `silent for ${idleTimeoutMs} ms` };
  const end = progress.conclude(broken);
  splitter.end(end.reason === 'stop');
  for (const part of parts.splice(0)) give(part);
  if (progress.begun() || end.fault === undefined) return { type: 'ended', end, seen: splitter.seen() };
  return { type: 'failed', failure: progress.failure() ?? unbegun(end.fault) };
}

/**
 * Hands over the bytes as they come, without a promise for each packet. Resolves at their end, or when `take` wants no
 * more; rejects when the stream breaks off.
 */
function takeAll(stream: Readable, take: (bytes: Uint8Array) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', (bytes: Uint8Array) => {
      try {
        if (take(bytes)) return;
        resolve();
        stream.destroy();
      } catch (error) {
        stream.destroy(error instanceof Error ? error : undefined);
      }
    });
    stream.once('end', resolve);
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('closed before its end')));
  });
}

function append(parts: SplitPart[], part: SplitPart): void {
  const last = parts.at(-1);
  if (last !== undefined && part.type !== 'text-was-reasoning' && last.type === part.type) {
    parts[parts.length - 1] = { type: part.type, text: last.text + part.text };
  } else parts.push(part);
}

/** Ended before it began, without an error of the server's: a process that died, or something that is no model. */
function unbegun(fault: ModelFault): Failure {
  return { fault, retry: fault.code === 'cut-off' ? 'later' : 'no' };
}
