import type { Clock } from '../contract/runtime.ts';
import type { ModelEnd, ModelStart } from '../model/types.ts';
import type { Delivery } from '../reply/live-reply.ts';
import type { Ending, Turn, TurnTrace } from './turn.ts';

/** Writes down how one turn goes, in memory; it is stored with what is stored anyway. */
export type Trace = {
  /** The platform accepted a reply's opening or an edit of it; `text`: with words of the answer. */
  readonly shown: (step: 'opened' | 'edited', text: boolean) => void;
  asked(): void;
  started(start: ModelStart): void;
  /** Called for every token; `answer`: of the answer rather than of the reasoning. */
  token(answer: boolean): void;
  /** What had looked like the answer was reasoning. */
  wasReasoning(): void;
  modelEnded(end: ModelEnd): void;
  ending(ending: Ending): void;
  closed(delivery: Delivery): void;
  soFar(): TurnTrace;
};

/** Tokens that come within so short a time were sent at once, and tell no speed. */
const shortestSpeakingMs = 100;

type Draft = { -readonly [Fact in keyof TurnTrace]: TurnTrace[Fact] };

/** What an earlier process wrote down: all of it where only the delivery is left to do. */
function inherited({ trace, ending }: Turn): Draft {
  if (ending !== undefined) return { ...trace };
  return trace?.openedMs === undefined ? {} : { openedMs: trace.openedMs };
}

function causeOf({ status, notice }: Ending): string | undefined {
  if (notice?.type === 'fault') return notice.fault.code;
  return status === 'failed' || status === 'interrupted' ? notice?.type : undefined;
}

/** Tokens a second from the first one on; undefined where that cannot be told. */
function speed({ firstTokenMs, lastTokenMs }: TurnTrace, tokens: number): number | undefined {
  if (firstTokenMs === undefined || lastTokenMs === undefined || tokens === 0) return undefined;
  const speakingMs = lastTokenMs - firstTokenMs;
  return speakingMs < shortestSpeakingMs ? undefined : Math.round((tokens * 10_000) / speakingMs) / 10;
}

/** Begins where the turn stands: a question taken up after a restart knows only since when its reply stands in the chat. */
export function createTrace(turn: Turn, clock: Clock): Trace {
  const known = inherited(turn);
  let refused = false;
  const sinceAccepted = (at = clock.now()): number => Math.max(0, at.getTime() - turn.acceptedAt);

  return {
    shown(step, text) {
      known.openedMs ??= sinceAccepted();
      if (text) known.firstShownMs ??= sinceAccepted();
      if (step === 'edited') known.edits = (known.edits ?? 0) + 1;
    },
    asked() {
      if (refused) known.retries = (known.retries ?? 0) + 1;
      known.askedMs ??= sinceAccepted();
    },
    started({ server, sentAt }) {
      known.server = server.host;
      known.engine = server.engine;
      known.servedMs = sinceAccepted(sentAt);
      delete known.firstTokenMs;
      delete known.firstTextMs;
    },
    token(answer) {
      known.firstTokenMs ??= sinceAccepted();
      if (answer) known.firstTextMs ??= sinceAccepted();
    },
    wasReasoning() {
      delete known.firstTextMs;
    },
    modelEnded({ reason, usage, host, retries = 0 }) {
      refused = reason === 'failed';
      known.lastTokenMs = sinceAccepted();
      const tokensPerSecond = speed(known, usage?.completionTokens ?? 0);
      if (tokensPerSecond !== undefined) known.tokensPerSecond = tokensPerSecond;
      if (host !== undefined) known.server = host;
      if (retries > 0) known.retries = (known.retries ?? 0) + retries;
    },
    ending(ending) {
      const fault = causeOf(ending);
      if (fault !== undefined) known.fault = fault;
    },
    closed(delivery) {
      if (delivery === 'delivered') known.closedMs = sinceAccepted();
      else if (delivery === 'undeliverable') known.fault = delivery;
    },
    soFar: () => ({ ...known }),
  };
}
