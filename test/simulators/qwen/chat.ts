import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createChunkMaker } from './chunks.ts';
import { errorBody, gatewayPage } from './errors.ts';
import { createFrameWriter } from './frames.ts';
import type { SimulatorState } from './state.ts';
import { piecesOf, streamAnswer } from './stream.ts';
import type { Answer, ChatQuestion, Fault, RecordedRequest } from './types.ts';
import { validateChat } from './validate.ts';

/** Answers one chat request: the fault that is due, a refusal, or the stand-in model's words. */
export async function handleChat(
  state: SimulatorState,
  record: RecordedRequest,
  response: ServerResponse,
): Promise<void> {
  const fault = state.nextFaults.length > 0 ? state.nextFaults.shift() : state.fault;
  trackClient(state, record, response);
  if (fault?.type === 'stall-before-headers') return;
  if (fault?.type === 'reset-before-headers') {
    record.outcome = 'faulted';
    response.socket?.resetAndDestroy();
    return;
  }
  if (fault?.type === 'http') {
    record.outcome = 'faulted';
    send(record, response, fault.status, fault.body, fault.headers ?? {});
    return;
  }
  const question = await validateChat(record.body, state.rules);
  if ('status' in question) {
    record.outcome = 'finished';
    send(record, response, question.status, errorBody(state.profile, question), {
      'content-type': 'application/json',
    });
    return;
  }
  record.question = question;
  if (fault?.type === 'html-stream') {
    record.outcome = 'faulted';
    send(record, response, 200, gatewayPage(200, 'Welcome'), { 'content-type': 'text/html' });
    return;
  }
  await answer(state, record, response, question, fault);
}

async function answer(
  state: SimulatorState,
  record: RecordedRequest,
  response: ServerResponse,
  question: ChatQuestion,
  fault: Fault | undefined,
): Promise<void> {
  if (!(await state.places.enter(response))) return;
  const answered = await state.answer(question);
  if (response.destroyed) return;
  count(state, question, response, record);
  if (!streamWanted(record.body) || !state.profile.streams) {
    record.outcome = 'finished';
    const body = JSON.stringify(wholeCompletion(state, question, answered));
    send(record, response, 200, body, { 'content-type': 'application/json' });
    return;
  }
  const options = streamOptionsOf(record.body);
  record.status = 200;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', connection: 'keep-alive' });
  if (!state.profile.lateHeaders) response.flushHeaders();
  streamAnswer({
    response,
    record,
    profile: state.profile,
    question,
    answer: answered,
    fault,
    speed: state.speed,
    wire: state.wire,
    frames: createFrameWriter(response, state.wire),
    chunks: createChunkMaker({
      id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
      profile: state.profile,
      question,
      reasoning: state.reasoning,
      wire: state.wire,
      continuousUsage: options.continuousUsage,
    }),
    reasoning: state.reasoning,
    includeUsage: options.includeUsage,
    ticker: state.ticker,
    random: state.random,
    onEngineDeath: state.onEngineDeath,
  });
}

/** Notices a client that leaves before its answer is over, as an engine does to free the GPU. */
function trackClient(state: SimulatorState, record: RecordedRequest, response: ServerResponse): void {
  state.streams.add(response);
  response.once('close', () => {
    state.streams.delete(response);
    if (record.outcome !== 'open') return;
    record.outcome = state.closing ? 'faulted' : 'aborted';
    if (!state.closing) state.aborts += 1;
  });
}

function count(
  state: SimulatorState,
  question: ChatQuestion,
  response: ServerResponse,
  record: RecordedRequest,
): void {
  const { figures } = state;
  figures.running += 1;
  figures.promptTokens += question.promptTokens;
  response.once('close', () => {
    figures.running -= 1;
    figures.generationTokens += record.tokenTimes.length;
    const reason = record.outcome === 'finished' ? 'stop' : 'abort';
    figures.finished.set(reason, (figures.finished.get(reason) ?? 0) + 1);
  });
}

function wholeCompletion(state: SimulatorState, question: ChatQuestion, answered: Answer): unknown {
  const inField = state.reasoning !== 'inline' && state.reasoning !== 'close-only';
  const pieces = piecesOf(answered, state.reasoning).slice(0, question.maxTokens);
  const text = (kind: 'text' | 'reasoning'): string =>
    pieces
      .filter((piece) => piece.kind === kind)
      .map((piece) => piece.text)
      .join('');
  const reasoningKey = state.reasoning === 'reasoning_content' ? 'reasoning_content' : 'reasoning';
  const completionTokens = pieces.length;
  return {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: question.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text('text'),
          ...(inField && answered.reasoning !== undefined ? { [reasoningKey]: text('reasoning') } : {}),
        },
        finish_reason: answered.finishReason ?? 'stop',
      },
    ],
    usage: {
      prompt_tokens: question.promptTokens,
      completion_tokens: completionTokens,
      total_tokens: question.promptTokens + completionTokens,
    },
  };
}

function streamWanted(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'stream' in body && body.stream === true;
}

function streamOptionsOf(body: unknown): { includeUsage: boolean; continuousUsage: boolean } {
  const options: unknown =
    typeof body === 'object' && body !== null && 'stream_options' in body ? body.stream_options : undefined;
  const on = (key: string): boolean =>
    typeof options === 'object' && options !== null && Reflect.get(options, key) === true;
  return { includeUsage: on('include_usage'), continuousUsage: on('continuous_usage_stats') };
}

export function send(
  record: RecordedRequest,
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  record.status = status;
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    connection: 'keep-alive',
  });
  response.end(body);
}
