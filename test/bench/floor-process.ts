import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import type { FloorMessage, FloorOrder, ReadToken } from './floor-protocol.ts';
import { preciseNow } from './stand/model-protocol.ts';
import { indexIn } from './stand/tokens.ts';

// The least that any bridge must do: take an event, ask the model, take its stream apart and throw it away. No store, no
// platform, no limits. Started by `floor.ts`; the model server's address is its only argument.

const [, , modelUrl = ''] = process.argv;
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
/** One token in so many is told with its time. */
const toldEvery = 10;

let tokens = 0;
let reads: ReadToken[] = [];

/** The words of one event; JSON must be decoded, or there would be nothing to pass on. */
function contentOf(payload: string): string {
  if (payload === '[DONE]') return '';
  const decoded = JSON.parse(payload) as { choices: { delta: { content?: string } }[] };
  return decoded.choices[0]?.delta.content ?? '';
}

async function passThrough(question: string): Promise<void> {
  const index = indexIn(question) ?? -1;
  let own = 0;
  const parser = createParser({
    onEvent({ data }) {
      if (contentOf(data) === '') return;
      if (own % toldEvery === 0) reads.push({ index, token: own, readAt: preciseNow() });
      own += 1;
      tokens += 1;
    },
  });
  const { body } = await request(modelUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'any', stream: true, messages: [{ role: 'user', content: question }] }),
    dispatcher,
  });
  const decoder = new TextDecoder();
  for await (const bytes of body) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

const tell = (message: FloorMessage): void => void process.send?.(message);

process.on('message', ({ type }: FloorOrder) => {
  tell({ type, tokens, reads });
  [tokens, reads] = [0, []];
});
process.on('disconnect', () => process.exit());

const server = createServer((incoming, response) => {
  textOf(incoming)
    .then((question) => {
      response.end('{}');
      return passThrough(question);
    })
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('no port');
tell({ type: 'listening', port: address.port });
