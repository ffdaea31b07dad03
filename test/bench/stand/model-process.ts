import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { percentile } from '../statistics.ts';
import { preciseNow, type AnswerPlan, type ModelMessage, type ModelOrder } from './model-protocol.ts';
import { indexIn, tokenText } from './tokens.ts';

// A model server in a process of its own, started by `model.ts`. It must cost little, so that a thousand answers on two
// cores measure the service: one timer for all, and every token's bytes are made once, frame of the transfer included.

const tickMs = 5;
const modelId = 'Qwen/Qwen3-32B';

type Answer = {
  readonly index: number;
  readonly requestedAt: number;
  readonly requestBytes: number;
  readonly plan: AnswerPlan;
  readonly sentAt: Float64Array;
  readonly response: ServerResponse;
  readonly socket: Socket;
  sent: number;
  whole: boolean;
  gone: boolean;
};

const answers = new Set<Answer>();
const running = new Set<Answer>();
const frames: Buffer[] = [];
let lateness: number[] = [];
let plan: AnswerPlan = { tokens: 10, intervalMs: 20, firstTokenMs: 50 };

/** One event as the chunked transfer encoding carries it, with the keys vLLM sends. */
function frame(payload: string): Buffer {
  const bytes = Buffer.from(`data: ${payload}\n\n`);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

function chunk(choices: string, rest = ''): string {
  return `{"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1795000000,"model":"${modelId}","choices":[${choices}]${rest}}`;
}

function delta(fields: string, finish: string): string {
  return `{"index":0,"delta":{${fields}},"logprobs":null,"finish_reason":${finish},"token_ids":null}`;
}

const roleFrame = frame(chunk(delta('"role":"assistant","content":""', 'null')));

function tokenFrame(number: number): Buffer {
  return (frames[number] ??= frame(chunk(delta(`"content":${JSON.stringify(tokenText(number))}`, 'null'))));
}

function lastFrames(tokens: number): Buffer {
  const usage = `,"usage":{"prompt_tokens":60,"total_tokens":${60 + tokens},"completion_tokens":${tokens}}`;
  return Buffer.concat([frame(chunk(delta('', '"stop"'))), frame(chunk('', usage)), frame('[DONE]')]);
}

function tick(): void {
  for (const answer of running) {
    const { plan: own, sentAt, socket } = answer;
    for (;;) {
      const dueAt = answer.requestedAt + own.firstTokenMs + answer.sent * own.intervalMs;
      const now = preciseNow();
      if (answer.gone || now < dueAt) break;
      if (answer.sent === own.tokens) {
        end(answer);
        break;
      }
      if (answer.sent === 0) socket.write(roleFrame);
      else lateness.push(now - dueAt);
      sentAt[answer.sent] = now;
      socket.write(tokenFrame(answer.sent));
      answer.sent += 1;
    }
    if (answer.gone || answer.whole) running.delete(answer);
  }
}

function end(answer: Answer): void {
  answer.socket.write(lastFrames(answer.plan.tokens));
  answer.whole = true;
  answer.response.end();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

async function chat(request: IncomingMessage, response: ServerResponse, requestedAt: number): Promise<void> {
  const body = await bodyOf(request);
  // The question is the last of the messages; those before it hold earlier labels.
  const index = indexIn(body.slice(body.lastIndexOf('"role"'))) ?? -1;
  const { socket } = response;
  if (socket === null) return;
  const answer: Answer = {
    index,
    requestedAt,
    requestBytes: Buffer.byteLength(body),
    plan,
    sentAt: new Float64Array(plan.tokens),
    response,
    socket,
    sent: 0,
    whole: false,
    gone: false,
  };
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  response.on('close', () => (answer.gone = true));
  answers.add(answer);
  running.add(answer);
}

function report(): ModelMessage {
  const made = [...answers].map(({ index, requestedAt, sentAt, sent, whole, requestBytes }) => ({
    index,
    requestedAt,
    sentAt: sentAt.slice(0, sent),
    whole,
    requestBytes,
  }));
  const latenessP99Ms = percentile(lateness, 0.99);
  lateness = [];
  answers.clear();
  return { type: 'report', report: { answers: made, latenessP99Ms } };
}

function progress(): ModelMessage {
  const whole = [...answers].filter((answer) => answer.whole).length;
  return { type: 'progress', open: running.size, whole };
}

const tell = (message: ModelMessage): void => void process.send?.(message);

process.on('message', (order: ModelOrder) => {
  if (order.type === 'plan') {
    ({ plan } = order);
    for (let number = 0; number < plan.tokens; number += 1) tokenFrame(number);
  } else tell(order.type === 'report' ? report() : progress());
});
process.on('disconnect', () => process.exit());

const server = createServer((request, response) => {
  const requestedAt = preciseNow();
  if (request.url === '/v1/models') {
    const list = [{ id: modelId, object: 'model', owned_by: 'vllm', max_model_len: 32_768 }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ object: 'list', data: list }));
  } else if (request.method === 'POST' && request.url === '/v1/chat/completions') {
    chat(request, response, requestedAt).catch(() => response.destroy());
  } else if (request.url === '/health') response.end();
  else response.writeHead(404).end();
});
server.keepAliveTimeout = 5_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
setInterval(tick, tickMs);
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('no port');
tell({ type: 'listening', port: address.port });
