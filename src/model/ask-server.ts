import type { Json } from '../contract/ids.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { Affinity } from './affinity.ts';
import type { AnswerPace } from './answer-pace.ts';
import { attempt } from './attempt.ts';
import type { SentRequest } from './errors.ts';
import type { Failure, Remedy } from './failure.ts';
import type { Line } from './line.ts';
import type { Sent } from './measured-concurrency.ts';
import type { AnswerOutcome } from './read-answer.ts';
import {
  buildBody,
  keepNewestImages,
  planMaxTokens,
  prepareMessages,
  type PreparedMessages,
} from './request-body.ts';
import type { Reader } from './reader.ts';
import type { Server } from './server.ts';
import type { ModelDescription, ModelRequest } from './types.ts';
import { unlessAborted } from './within.ts';

export type AskSurroundings = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly extraBody: { readonly [key: string]: Json };
  readonly line: Line<Server>;
  readonly affinity: Affinity;
  readonly pace: AnswerPace;
};

/** The question as it stands now; a remedy changes it between two attempts. */
export type Question = {
  readonly request: ModelRequest;
  messages: PreparedMessages;
  maxTokens: number | undefined;
  readonly remediesUsed: Set<string>;
  /** How often a server was asked so far, and which one last. */
  tries: number;
  host: string | undefined;
};

export function createQuestion(request: ModelRequest): Question {
  return {
    request,
    messages: prepareMessages(request.messages),
    maxTokens: undefined,
    remediesUsed: new Set(),
    tries: 0,
    host: undefined,
  };
}

/**
 * Asks one server, as often as a remedy or a lost idle socket allows without any pause. Ends with what became of it;
 * pauses and other servers are the caller's business.
 */
export async function askServer(
  server: Server,
  question: Question,
  deadline: number,
  surroundings: AskSurroundings,
  reader: Reader,
): Promise<AnswerOutcome> {
  const { clock, log } = surroundings;
  const { signal } = reader;
  let resets = 0;
  for (;;) {
    question.tries += 1;
    question.host = server.endpoint.host;
    const discovery = await unlessAborted(server.lookUp(question.request.model), signal);
    if (discovery === undefined) return { type: 'failed', failure: abandoned };
    if ('failure' in discovery) return { type: 'failed', failure: discovery.failure };
    const { model } = discovery.found;
    const firstTokenTimeoutMs = Math.max(1, deadline - clock.now().getTime());
    const outcome = await tryOnce(
      server,
      discovery.found,
      question,
      firstTokenTimeoutMs,
      surroundings,
      reader,
    );
    if (outcome.type === 'ended' || signal.aborted) return outcome;
    const { failure } = outcome;
    if (failure.contextTokens !== undefined) server.learn({ contextTokens: failure.contextTokens }, model);
    if (failure.fault.code === 'no-vision') server.learn({ vision: 'no' }, model);
    const lostSocket = failure.retry === 'at-once' && resets === 0;
    if (lostSocket) resets += 1;
    else if (!(await remedied(failure, server, question))) return outcome;
    log.info(
      {
        host: server.endpoint.host,
        fault: failure.fault.code,
        remedy: lostSocket ? undefined : failure.remedy,
      },
      'model asked again at once',
    );
  }
}

async function tryOnce(
  server: Server,
  description: ModelDescription,
  question: Question,
  firstTokenTimeoutMs: number,
  surroundings: AskSurroundings,
  { give, signal }: Reader,
): Promise<AnswerOutcome> {
  const { clock, log } = surroundings;
  const { thinking } = question.request;
  const opened = server.habits.opens(description.model, thinking);
  const prepared = prepare(server, description, question, surroundings);
  const { messageCount, imageCount, imageBytes } = question.messages;
  log.debug(
    { host: server.endpoint.host, messages: messageCount, images: imageCount, imageBytes },
    'sending a request to the model server',
  );
  const sent = server.send();
  const startedAt = clock.now().getTime();
  let firstAt: number | undefined;
  const begin = (): void => {
    if (firstAt !== undefined) return;
    firstAt = clock.now().getTime();
    give({ type: 'start', server: description, sentAt: new Date(startedAt) });
  };
  const outcome = await attempt(
    { ...surroundings, ...prepared, server, opened, firstTokenTimeoutMs, signal },
    (part) => {
      begin();
      give(part);
    },
  );
  if (outcome.type === 'ended') begin();
  const begunAt = firstAt ?? clock.now().getTime();
  learn(server, description.model, question, outcome);
  measure(outcome, startedAt, begunAt, surroundings);
  if (!signal.aborted) tell(sent, outcome, startedAt, begunAt, surroundings);
  return outcome;
}

function prepare(
  server: Server,
  description: ModelDescription,
  { request, messages, maxTokens: shrunk }: Question,
  { extraBody }: AskSurroundings,
): { readonly body: string; readonly sent: SentRequest } {
  const maxTokens = shrunk ?? planMaxTokens(request, messages, description);
  const { thinking } = request;
  const withoutKeys = server.refusedKeys;
  const { json, optionalKeys } = buildBody({
    messages,
    server: description,
    thinking,
    maxTokens,
    withoutKeys,
    extraBody,
    ...(request.sampling === undefined ? {} : { sampling: request.sampling }),
  });
  const sent = { maxTokens, promptEstimate: messages.tokenEstimate, optionalKeys, secrets: server.secrets };
  return { body: json, sent };
}

/** Only an answer that ended by itself shows how the model marks its thinking. */
function learn(server: Server, model: string, { request, messages }: Question, outcome: AnswerOutcome): void {
  if (outcome.type !== 'ended') return;
  if (outcome.end.reason === 'stop') server.habits.learn(model, request.thinking, outcome.seen);
  if (messages.imageCount > 0) server.learn({ vision: 'yes' }, model);
}

/** Only whole answers with a count of the server's tell a speed. */
function measure(
  outcome: AnswerOutcome,
  startedAt: number,
  firstAt: number,
  { pace, clock }: AskSurroundings,
): void {
  if (outcome.type !== 'ended' || outcome.end.fault !== undefined || outcome.end.usage === undefined) return;
  const durationMs = clock.now().getTime() - startedAt;
  pace.note({ firstTokenMs: firstAt - startedAt, durationMs, tokens: outcome.end.usage.completionTokens });
}

/** Lets the measuring of the server's concurrency know. Faults of other kinds tell nothing about a crowd. */
function tell(
  sent: Sent,
  outcome: AnswerOutcome,
  startedAt: number,
  firstAt: number,
  { clock }: AskSurroundings,
): void {
  const durationMs = clock.now().getTime() - startedAt;
  if (outcome.type === 'ended') {
    if (outcome.end.fault === undefined) sent.answered({ firstTokenMs: firstAt - startedAt, durationMs });
  } else if (outcome.failure.fault.code === 'overloaded') sent.refused();
  else if (outcome.failure.fault.code === 'first-token-timeout') sent.unanswered(durationMs);
}

const abandoned: Failure = { fault: { code: 'cut-off', evidence: 'the reader left' }, retry: 'no' };

/** Changes the question as the refusal suggests, each way once. False when there is nothing to change. */
async function remedied({ remedy }: Failure, server: Server, question: Question): Promise<boolean> {
  if (remedy === undefined || question.remediesUsed.has(useOf(remedy))) return false;
  question.remediesUsed.add(useOf(remedy));
  switch (remedy.type) {
    case 'fewer-tokens':
      question.maxTokens = remedy.maxTokens;
      return true;
    case 'without-key':
      server.refusedKeys.add(remedy.key);
      return true;
    case 'fewer-images': {
      const kept = keepNewestImages(question.request.messages, remedy.keep);
      if (kept === undefined) return false;
      question.messages = prepareMessages(kept);
      return true;
    }
    case 'look-up-model': {
      const { model } = question.request;
      if (model === undefined) return server.auto && 'found' in (await server.lookUpAgain());
      await server.lookUpAgain();
      return server.known(model) !== undefined;
    }
  }
}

/** Each way of mending is used once; a strict server refuses one key after the other. */
function useOf(remedy: Remedy): string {
  return remedy.type === 'without-key' ? `${remedy.type} ${remedy.key}` : remedy.type;
}
