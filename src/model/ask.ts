import { type AskSurroundings, askServer, createQuestion, type Question } from './ask-server.ts';
import { type Failure, isRequestFault } from './failure.ts';
import type { AnswerOutcome } from './read-answer.ts';
import type { Server } from './server.ts';
import type { ModelEnd, ModelEvent, ModelRequest } from './types.ts';
import { isAborted } from './within.ts';

/** Each server is asked at most so often for one message, and only while nothing was handed out. */
const maxTries = 3;
/** The first pause before asking again, doubled for the next, spread by half in both directions. */
const firstPauseMs = 500;

/** How one server has fared with this message. */
type Standing = {
  readonly server: Server;
  tries: number;
  /** When the first token must be there, counted from the first try. */
  deadline: number;
  /** When it may be asked (again); Infinity for never. */
  notBefore: number;
};

/**
 * Asks the servers in turn until one begins to answer: the doubtful and the fully occupied last, with pauses between
 * rounds. Never throws; the last event is the one `end`.
 */
export async function* ask(
  servers: readonly Server[],
  request: ModelRequest,
  surroundings: AskSurroundings,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  try {
    yield yield* askInRounds(servers, request, surroundings, signal);
  } catch (error) {
    // Unexpected by definition; the person's reply must be closed all the same.
    const name = error instanceof Error ? error.name : 'unknown';
    surroundings.log.error(
      { error: name, stack: error instanceof Error ? error.stack : undefined },
      'model client failed',
    );
    yield { type: 'end', reason: 'failed', fault: { code: 'server-error', evidence: `client: ${name}` } };
  }
}

async function* askInRounds(
  servers: readonly Server[],
  request: ModelRequest,
  surroundings: AskSurroundings,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, ModelEnd> {
  const { clock } = surroundings;
  if (signal.aborted) return aborted;
  const question = createQuestion(request);
  const standings = servers.map((server): Standing => ({
    server,
    tries: 0,
    deadline: Infinity,
    notBefore: -Infinity,
  }));
  let fault: ModelEnd['fault'];
  for (;;) {
    for (const standing of inOrder(standings, clock.now().getTime())) {
      const outcome = yield* takeTurn(standing, question, surroundings, signal);
      if (outcome === undefined) return aborted;
      if (outcome.type === 'ended') return isAborted(signal) ? endedWhileAborting(outcome.end) : outcome.end;
      if (isAborted(signal)) return aborted;
      ({ fault } = outcome.failure);
      surroundings.log.warn(
        { host: standing.server.endpoint.host, fault: fault.code, evidence: fault.evidence },
        'model request failed',
      );
      if (isRequestFault(fault.code)) return failed(fault);
      postpone(standing, outcome.failure, surroundings);
    }
    const next = Math.min(
      ...standings
        .filter(({ notBefore, deadline }) => notBefore < deadline)
        .map(({ notBefore }) => notBefore),
    );
    if (next === Infinity) return failed(fault);
    await clock.sleep(Math.max(0, next - clock.now().getTime()), signal);
    if (isAborted(signal)) return aborted;
  }
}

/** One server's turn: waits for a place among its running requests. Undefined when the signal aborted first. */
async function* takeTurn(
  standing: Standing,
  question: Question,
  surroundings: AskSurroundings,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, AnswerOutcome | undefined> {
  const { server } = standing;
  const slot = yield* server.slots.take(signal);
  if (slot === undefined) return undefined;
  if (slot === 'full') return { type: 'failed', failure: houseFull };
  try {
    const now = surroundings.clock.now().getTime();
    if (standing.tries === 0) standing.deadline = now + surroundings.firstTokenTimeoutMs;
    standing.tries += 1;
    const outcome = yield* askServer(server, question, standing.deadline, surroundings, signal);
    if (!signal.aborted) note(server, outcome);
    return outcome;
  } finally {
    slot.release();
  }
}

const houseFull: Failure = {
  fault: { code: 'overloaded', evidence: 'too many requests are waiting here' },
  retry: 'no',
};
const aborted: ModelEnd = { type: 'end', reason: 'aborted' };

function failed(fault: ModelEnd['fault']): ModelEnd {
  return {
    type: 'end',
    reason: 'failed',
    fault: fault ?? { code: 'unreachable', evidence: 'no server is configured' },
  };
}

/** An answer that was whole before the stop reached it stays whole. */
function endedWhileAborting(end: ModelEnd): ModelEnd {
  return end.fault === undefined
    ? end
    : { ...aborted, ...(end.usage === undefined ? {} : { usage: end.usage }) };
}

/** In the configured order, but first those that are well and have a place free. */
function inOrder(standings: readonly Standing[], now: number): Standing[] {
  const rank = ({ server }: Standing): number => (server.doubtful() ? 2 : 0) + (server.slots.free ? 0 : 1);
  return standings
    .filter(({ notBefore }) => notBefore <= now)
    .toSorted((one, other) => rank(one) - rank(other));
}

/** Decides when this server may be asked again, if at all. */
function postpone(standing: Standing, { retry, fault }: Failure, { clock, random }: AskSurroundings): void {
  const triesLeft = (retry === 'once' ? 2 : maxTries) - standing.tries;
  const pauseMs = firstPauseMs * 2 ** (standing.tries - 1) * (0.5 + random());
  const never = retry === 'no' || triesLeft <= 0;
  standing.notBefore = never ? Infinity : clock.now().getTime() + (fault.retryAfterMs ?? pauseMs);
}

/** Tells the server's record how it went. Too many requests, or a bad one, say nothing against a server. */
function note(server: Server, outcome: AnswerOutcome): void {
  const fault = outcome.type === 'ended' ? outcome.end.fault : outcome.failure.fault;
  if (fault === undefined) server.noteUp();
  else if (!isRequestFault(fault.code) && !['overloaded', 'no-vision', 'runaway'].includes(fault.code))
    server.noteFailure(fault);
}
