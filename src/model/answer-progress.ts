import { type Chunk, decodeEvent } from './chunk.ts';
import { failureFromErrorEvent, type SentRequest } from './errors.ts';
import type { Failure } from './failure.ts';
import { createRunawayGuard } from './runaway.ts';
import type { ThinkSplitter } from './think-splitter.ts';
import type { ModelEnd, ModelFault, ModelUsage } from './types.ts';

export type AnswerProgress = {
  /** Takes the payload of one event. */
  readonly payload: (payload: string) => void;
  /** Something of the answer is here. */
  readonly begun: () => boolean;
  /** The answer is whole; only usage and `[DONE]` can follow. */
  readonly over: () => boolean;
  /** Reading on is pointless: the server reported an error, or the answer runs away. */
  readonly hopeless: () => boolean;
  /** The end, given how the stream broke off if nothing better is known. */
  readonly conclude: (broken: ModelFault) => ModelEnd;
  /** The error event the server sent, classified. */
  readonly failure: () => Failure | undefined;
};

type ProgressOptions = {
  readonly splitter: ThinkSplitter;
  readonly sent: SentRequest;
  readonly onFirstToken: () => void;
};

/** Adds up the events of one stream. */
export function createProgress({ splitter, sent, onFirstToken }: ProgressOptions): AnswerProgress {
  const guard = createRunawayGuard();
  let begun = false;
  let done = false;
  let recognised = false;
  let finishReason: string | undefined;
  let usage: ModelUsage | undefined;
  let failure: Failure | undefined;
  let runaway: string | undefined;

  function take(chunk: Chunk | undefined): void {
    if (chunk === undefined || failure !== undefined || runaway !== undefined) return;
    recognised = true;
    usage = chunk.usage ?? usage;
    // An answer that has its finish reason is whole, whatever goes wrong behind it.
    if (chunk.error !== undefined && finishReason === undefined) {
      failure = failureFromErrorEvent(chunk.error, sent);
      return;
    }
    if (!begun && (chunk.text !== '' || chunk.reasoning !== '' || chunk.toolCall)) {
      begun = true;
      onFirstToken();
    }
    splitter.reasoning(chunk.reasoning);
    splitter.text(chunk.text);
    runaway = guard.add(chunk.reasoning + chunk.text);
    finishReason ??= chunk.finishReason;
  }

  function ending(broken: ModelFault): Pick<ModelEnd, 'reason' | 'fault'> {
    const cut = begun ? 'truncated' : 'failed';
    if (runaway !== undefined) return { reason: 'truncated', fault: { code: 'runaway', evidence: runaway } };
    if (finishReason !== undefined) return finished(finishReason, cut);
    if (failure !== undefined) return { reason: cut, fault: failure.fault };
    if (recognised || done) return { reason: cut, fault: broken };
    return { reason: cut, fault: broken.code === 'cut-off' ? { ...broken, code: 'not-openai' } : broken };
  }

  return {
    payload: (payload) => {
      if (payload.trim() === '[DONE]') done = true;
      else for (const chunk of decodeEvent(payload)) take(chunk);
    },
    begun: () => begun,
    over: () => done || finishReason !== undefined,
    hopeless: () => failure !== undefined || runaway !== undefined,
    conclude: (broken) => ({ type: 'end', ...ending(broken), ...(usage === undefined ? {} : { usage }) }),
    failure: () => (finishReason === undefined ? failure : undefined),
  };
}

/** Engines' own words for an end; one we do not know (`eos`, `end_turn`) is an end all the same. */
function finished(finishReason: string, cut: 'truncated' | 'failed'): Pick<ModelEnd, 'reason' | 'fault'> {
  const evidence = `finish_reason ${finishReason.slice(0, 40)}`;
  switch (finishReason) {
    case 'length':
      return { reason: 'length' };
    case 'tool_calls':
    case 'function_call':
      return { reason: 'tool-calls' };
    case 'content_filter':
      return { reason: cut, fault: { code: 'content-filter', evidence } };
    case 'abort':
      return { reason: cut, fault: { code: 'cut-off', evidence } };
    case 'error':
    case 'parse_error':
      return { reason: cut, fault: { code: 'server-error', evidence } };
    default:
      return { reason: 'stop' };
  }
}
