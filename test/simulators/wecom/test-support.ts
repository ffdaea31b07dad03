import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { WSClient, type WsFrame } from '@wecom/aibot-node-sdk';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { isObject, type JsonObject } from '../feishu/json.ts';
import { listen } from './http-service.ts';
import type { WeComSimulatorOptions } from './options.ts';
import { startWeComSimulator, type WeComSimulator } from './simulator.ts';
import type { SimChat, SimMessage, SimUser } from './world-types.ts';

/** Swallows what the SDK logs: its failures are provoked on purpose. */
export const quiet = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** A PNG of one pixel; encrypted, its padding is 26, above what Node takes off by itself. */
export const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export const pixelMd5 = 'f829b914fc47cfc9c0747c119c27cf1b';

export type Stage = {
  readonly sim: WeComSimulator;
  readonly clock: FakeClock;
  readonly group: SimChat;
  readonly alice: SimUser;
  readonly bob: SimUser;
  /** What ends with the test, last first. */
  readonly ends: (() => unknown)[];
};

/** A simulator on a clock that stands still, with a group of two people and the bot. */
export async function setStage(ends: (() => unknown)[], options: WeComSimulatorOptions = {}): Promise<Stage> {
  const clock = createFakeClock();
  const sim = await startWeComSimulator({ clock, ...options });
  ends.push(() => sim.stop());
  const [alice, bob] = [
    sim.addUser({ name: '小丽', userId: 'XiaoLi' }),
    sim.addUser({ name: 'Bob', userId: 'bob' }),
  ];
  const group = sim.addGroup({ name: '研发组', members: [alice, bob] });
  return { sim, clock, group, alice, bob, ends };
}

/** The official long-connection client, unmodified, subscribed. */
export async function connect(
  { sim, ends }: Pick<Stage, 'sim' | 'ends'>,
  options: Partial<ConstructorParameters<typeof WSClient>[0]> = {},
): Promise<WSClient> {
  const { botId, botSecret: secret } = sim.corp;
  const client = new WSClient({ botId, secret, wsUrl: sim.wsUrl, logger: quiet, ...options });
  client.on('error', () => undefined);
  ends.push(() => client.disconnect());
  const authenticated = new Promise<void>((resolve) => client.once('authenticated', resolve));
  client.connect();
  await authenticated;
  return client;
}

export type Connected = Stage & { readonly client: WSClient; readonly next: () => Promise<Received> };

/** A stage with the official client connected. */
export async function connectedStage(
  ends: (() => unknown)[],
  options?: WeComSimulatorOptions,
): Promise<Connected> {
  const set = await setStage(ends, options);
  const client = await connect(set);
  return { ...set, client, next: framesOf(client).next };
}

/** A connected stage on which Alice has just asked something in the group. */
export async function askedStage(
  ends: (() => unknown)[],
  options?: WeComSimulatorOptions,
): Promise<Connected & { readonly question: Received }> {
  const set = await connectedStage(ends, options);
  set.sim.say({ chat: set.group, from: set.alice, said: { kind: 'text', text: '@{bot} 你好' } });
  return { ...set, question: await set.next() };
}

/** The newest message of a chat, to press, rate or quote. */
export function newestIn(sim: WeComSimulator, { chatId }: SimChat): SimMessage {
  const message = sim.message(sim.messages(chatId).at(-1)?.messageId ?? '');
  if (message === undefined) throw new Error('the chat is empty');
  return message;
}

/** Frames the client hands out from now on; waits for them in order. */
export function framesOf(client: WSClient): {
  readonly next: () => Promise<Received>;
  readonly all: Received[];
} {
  const all: Received[] = [];
  const waiting: ((frame: Received) => void)[] = [];
  let taken = 0;
  const receive = (frame: WsFrame): void => {
    const received = { frame, body: isObject(frame.body) ? frame.body : {} };
    all.push(received);
    const waiter = waiting.shift();
    if (waiter === undefined) return;
    taken += 1;
    waiter(received);
  };
  client.on('message', receive);
  client.on('event', receive);
  return {
    all,
    next() {
      const received = all[taken];
      if (received === undefined) return new Promise((resolve) => waiting.push(resolve));
      taken += 1;
      return Promise.resolve(received);
    },
  };
}

export type Received = { readonly frame: WsFrame; readonly body: JsonObject };

/** The errcode with which the platform refuses; 0 when it does not, undefined when there was no verdict. */
export async function verdict(sent: Promise<WsFrame>): Promise<number | undefined> {
  try {
    return (await sent).errcode;
  } catch (refusal) {
    const code = isObject(refusal) ? refusal['errcode'] : undefined;
    return typeof code === 'number' ? code : undefined;
  }
}

export type Heard = { readonly method: string; readonly query: URLSearchParams; readonly body: string };

/** A callback address; gives its URL. */
export async function serve(
  ends: (() => unknown)[],
  answer: (heard: Heard) => Promise<Answered> | Answered,
): Promise<string> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
    const query = new URL(request.url ?? '/', 'http://callback.invalid').searchParams;
    const given = await answer({
      method: request.method ?? '',
      query,
      body: Buffer.concat(chunks).toString(),
    });
    response.writeHead(given.status ?? 200, { 'content-type': 'text/plain' }).end(given.body ?? '');
  };
  const server = createServer(
    (request, response) => void handle(request, response).catch(() => response.destroy()),
  );
  const url = await listen(server, 0);
  ends.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return `${url}/callback`;
}

export type Answered = { readonly status?: number; readonly body?: string };
