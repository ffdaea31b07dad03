import { type AskSurroundings, askServer, createQuestion, type Question } from './ask-server.ts';
import { canTake, choose, type Need } from './choose-server.ts';
import { type Failure, isRequestFault } from './failure.ts';
import type { AnswerOutcome } from './read-answer.ts';
import type { Reader } from './reader.ts';
import type { Server } from './server.ts';
import type { Slot } from './slots.ts';
import type { ModelEnd, ModelQueued, ModelRequest } from './types.ts';
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
 * Asks the servers until one begins to answer, the best first and again after a pause. Never rejects; the last event it
 * gives is the one `end`.
 */
export async function ask(
  servers: readonly Server[],
  request: ModelRequest,
  surroundings: AskSurroundings,
  reader: Reader,
): Promise<void> {
  try {
    const question = createQuestion(request);
    const end = await askInRounds(servers, question, surroundings, reader);
    reader.give({ ...end, ...effort(question, end) });
  } catch (error) {
    // Unexpected by definition; the person's reply must be closed all the same.
    const name = error instanceof Error ? error.name : 'unknown';
    surroundings.log.error(
      { error: name, stack: error instanceof Error ? error.stack : undefined },
      'model client failed',
    );
    reader.give({
      type: 'end',
      reason: 'failed',
      fault: { code: 'server-error', evidence: `client: ${name}` },
    });
  }
}

async function askInRounds(
  servers: readonly Server[],
  question: Question,
  surroundings: AskSurroundings,
  reader: Reader,
): Promise<ModelEnd> {
  const { signal } = reader;
  if (signal.aborted) return aborted;
  const need = {
    pictured: question.messages.imageCount > 0,
    model: question.request.model,
    home: surroundings.affinity.home(question.request.affinity),
  };
  const standings = servers.map((server): Standing => ({
    server,
    tries: 0,
    deadline: Infinity,
    notBefore: -Infinity,
  }));
  let fault: ModelEnd['fault'];
  for (;;) {
    const ready = standings.filter((standing) => isReady(standing, need, surroundings));
    if (ready.length > 0) {
      const wanted = (): Server[] => choose(ready, need).map(({ server }) => server);
      const waiting = surroundings.line.take({ wanted, asker: question.request.asker }, signal);
      const taken = await handedOn(waiting, reader);
      if (taken === undefined) return aborted;
      if (taken === 'full') return failed(houseFull);
      const standing = ready.find(({ server }) => server === taken.server);
      if (standing === undefined) continue;
      const outcome = await takeTurn(standing, taken.slot, question, surroundings, reader);
      if (outcome.type === 'ended') return isAborted(signal) ? endedWhileAborting(outcome.end) : outcome.end;
      if (isAborted(signal)) return aborted;
      ({ fault } = outcome.failure);
      surroundings.log.warn(
        { host: standing.server.endpoint.host, fault: fault.code, evidence: fault.evidence },
        'model request failed',
      );
      if (isRequestFault(fault.code)) return failed(fault);
      postpone(standing, outcome.failure, surroundings);
    } else if (!(await nextMayCome(standings, need, surroundings, signal))) {
      return isAborted(signal) ? aborted : failed(fault ?? unseen(standings));
    }
  }
}

/** Gives the reader everything that comes until the result is there. */
async function handedOn<Result>(
  events: AsyncGenerator<ModelQueued, Result>,
  { give }: Reader,
): Promise<Result> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
    give(next.value);
  }
}

/** What it took, for whoever wants to know why an answer was slow or did not come. */
function effort({ tries, host }: Question, { fault }: ModelEnd): Pick<ModelEnd, 'host' | 'retries'> {
  return {
    ...(fault === undefined || host === undefined ? {} : { host }),
    ...(tries > 1 ? { retries: tries - 1 } : {}),
  };
}

function isReady(standing: Standing, need: Need, { clock }: AskSurroundings): boolean {
  return standing.notBefore <= clock.now().getTime() && canTake(standing.server, need);
}

/** Sleeps until a server may be asked again. False when none will be in time, or the signal aborted. */
async function nextMayCome(
  standings: readonly Standing[],
  need: Need,
  { clock }: AskSurroundings,
  signal: AbortSignal,
): Promise<boolean> {
  const times = standings
    .filter(({ server, notBefore, deadline }) => notBefore < deadline && canTake(server, need))
    .map(({ notBefore }) => notBefore);
  const next = Math.min(...times);
  if (next === Infinity) return false;
  await clock.sleep(Math.max(0, next - clock.now().getTime()), signal);
  return !signal.aborted;
}

/** One server's turn, on the place that was taken for it. */
async function takeTurn(
  standing: Standing,
  slot: Slot,
  question: Question,
  surroundings: AskSurroundings,
  reader: Reader,
): Promise<AnswerOutcome> {
  const { server } = standing;
  const over = server.begin();
  try {
    const now = surroundings.clock.now().getTime();
    if (standing.tries === 0) standing.deadline = now + surroundings.firstTokenTimeoutMs;
    standing.tries += 1;
    const outcome = await askServer(server, question, standing.deadline, surroundings, reader);
    if (!reader.signal.aborted) note(server, outcome, question.request.model);
    if (outcome.type === 'ended') surroundings.affinity.remember(question.request.affinity, server);
    return outcome;
  } finally {
    over();
    slot.release();
  }
}

const houseFull: ModelEnd['fault'] = { code: 'overloaded', evidence: 'too many requests are waiting here' };
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

/** Nobody was asked: all servers are known not to see. */
function unseen(standings: readonly Standing[]): ModelEnd['fault'] {
  if (standings.length === 0) return undefined;
  return { code: 'no-vision', evidence: 'no server can read pictures' };
}

/** Decides when this server may be asked again, if at all. */
function postpone(standing: Standing, { retry, fault }: Failure, { clock, random }: AskSurroundings): void {
  const triesLeft = (retry === 'once' ? 2 : maxTries) - standing.tries;
  const pauseMs = firstPauseMs * 2 ** (standing.tries - 1) * (0.5 + random());
  const never = retry === 'no' || triesLeft <= 0;
  standing.notBefore = never ? Infinity : clock.now().getTime() + (fault.retryAfterMs ?? pauseMs);
}

/** Tells the server's record how it went. Too many requests, or a bad one, say nothing against a server. */
function note(server: Server, outcome: AnswerOutcome, chosen: string | undefined): void {
  const fault = outcome.type === 'ended' ? outcome.end.fault : outcome.failure.fault;
  if (fault === undefined) server.noteAnswer();
  else if (fault.code === 'model-missing' && chosen !== undefined)
    return; // its usual model is there all the same
  else if (
    !isRequestFault(fault.code) &&
    !['overloaded', 'no-vision', 'runaway', 'content-filter'].includes(fault.code)
  )
    server.noteFailure(fault);
}
