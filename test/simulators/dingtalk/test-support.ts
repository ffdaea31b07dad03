import { once } from 'node:events';
import { DWClient, TOPIC_ROBOT } from 'dingtalk-stream';
import { WebSocket } from 'ws';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { isObject, parseJson, type JsonObject } from '../feishu/json.ts';
import { startDingTalkSimulator, type DingTalkSimulator } from './simulator.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import type { SimChat, SimPerson } from './world-types.ts';

/** One answer of either API. */
export type Answer = { readonly status: number; readonly json: JsonObject; readonly text: string };

export type Stage = {
  readonly sim: DingTalkSimulator;
  readonly clock: FakeClock;
  readonly group: SimChat;
  readonly alice: SimPerson;
  readonly bob: SimPerson;
  /** Calls the OpenAPI with a valid token. */
  readonly call: (method: string, path: string, body?: JsonObject) => Promise<Answer>;
};

/** A simulator on a clock that stands still, with a group of two people and the bot. */
export async function setStage(options: DingTalkSimulatorOptions = {}): Promise<Stage> {
  const clock = createFakeClock();
  const sim = await startDingTalkSimulator({ clock, ...options });
  const [alice, bob] = [sim.addPerson({ name: '小丽' }), sim.addPerson({ name: 'Bob', admin: true })];
  const group = sim.addGroup({ title: '研发组', members: [alice, bob] });
  return { sim, clock, group, alice, bob, call: caller(sim) };
}

/** One HTTP request, whatever the answer is. */
export async function request(method: string, url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { method, ...init });
  const text = await response.text();
  const decoded = parseJson(text);
  return { status: response.status, json: isObject(decoded) ? decoded : {}, text };
}

export async function accessToken(sim: DingTalkSimulator): Promise<string> {
  const { clientId, clientSecret } = sim.app;
  const { json } = await request('POST', `${sim.url}/v1.0/oauth2/accessToken`, {
    body: JSON.stringify({ appKey: clientId, appSecret: clientSecret }),
  });
  return String(json['accessToken']);
}

function caller(sim: DingTalkSimulator): Stage['call'] {
  return async (method, path, body) =>
    request(method, sim.url + path, {
      headers: {
        'content-type': 'application/json',
        'x-acs-dingtalk-access-token': await accessToken(sim),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** Text to the session webhook that came with a message. */
export function replyBySession(webhook: unknown, body: JsonObject): Promise<Answer> {
  return request('POST', String(webhook), { body: JSON.stringify(body) });
}

export const robotSubscription = { type: 'CALLBACK', topic: TOPIC_ROBOT };

/** Asks the gateway for a ticket as any client would. */
export function openConnection(
  sim: DingTalkSimulator,
  body: JsonObject = {},
  headers: Record<string, string> = { accept: 'application/json' },
): Promise<Answer> {
  const { clientId, clientSecret } = sim.app;
  return request('POST', `${sim.url}/v1.0/gateway/connections/open`, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ clientId, clientSecret, subscriptions: [robotSubscription], ...body }),
  });
}

export type Frame = {
  readonly specVersion?: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: string;
};

/** A client of a few lines that keeps every frame and answers none by itself. */
export type PlainClient = {
  readonly socket: WebSocket;
  readonly frames: readonly Frame[];
  readonly unreadable: readonly string[];
  /** Resolves with frame `index`, when it has come. */
  frame(index: number): Promise<Frame>;
  acknowledge(frame: Frame, code?: number, data?: unknown): void;
};

/** Opens a Stream connection without the SDK. */
export async function plainClient(sim: DingTalkSimulator, body: JsonObject = {}): Promise<PlainClient> {
  const { json } = await openConnection(sim, body);
  const socket = new WebSocket(`${String(json['endpoint'])}?ticket=${String(json['ticket'])}`);
  const frames: Frame[] = [];
  const unreadable: string[] = [];
  socket.on('message', (data: Buffer) => {
    if (isObject(parseJson(data.toString()))) frames.push(JSON.parse(data.toString()));
    else unreadable.push(data.toString());
  });
  await once(socket, 'open');
  return {
    socket,
    frames,
    unreadable,
    async frame(index) {
      while (frames.length <= index) await once(socket, 'message');
      return frames[index]!;
    },
    acknowledge(frame, code = 200, data = { response: null }) {
      const headers = { contentType: 'application/json', messageId: frame.headers['messageId'] };
      socket.send(JSON.stringify({ code, headers, message: 'OK', data: JSON.stringify(data) }));
    },
  };
}

/** The official client, unmodified, with the gateway's address in place of its built-in one. */
export class OfficialClient extends DWClient {
  readonly #gateway: string;

  constructor(sim: DingTalkSimulator, options: JsonObject = {}) {
    const { clientId, clientSecret } = sim.app;
    super(Object.assign({ clientId, clientSecret, autoReconnect: false, subscriptions: [] }, options));
    this.#gateway = `${sim.url}/v1.0/gateway/connections/open`;
    // Its own second between attempts would only make tests slow.
    Object.assign(this, { reconnectInterval: 10 });
  }

  override async getEndpoint(): Promise<this> {
    const { clientId, clientSecret, ua, subscriptions } = this.config;
    const { status, json } = await request('POST', this.#gateway, {
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ clientId, clientSecret, ua, subscriptions }),
    });
    if (status !== 200) throw new Error(`gateway answered ${status}`);
    return Object.assign(this, { dw_url: `${String(json['endpoint'])}?ticket=${String(json['ticket'])}` });
  }
}

/** The body of a create-and-deliver call for a group. */
export function groupCard(sim: DingTalkSimulator, group: SimChat, more: JsonObject = {}): JsonObject {
  return {
    cardTemplateId: sim.template.id,
    outTrackId: 'track-1',
    callbackType: 'STREAM',
    cardData: { cardParamMap: { content: '' } },
    openSpaceId: `dtv1.card//IM_GROUP.${group.conversationId}`,
    imGroupOpenSpaceModel: { supportForward: true },
    imGroupOpenDeliverModel: { robotCode: sim.app.robotCode },
    ...more,
  };
}

let guids = 0;

/** The body of a streamed update, with a new guid. */
export function streamed(content: string, more: JsonObject = {}): JsonObject {
  guids += 1;
  const guid = `guid-${guids}`;
  return {
    outTrackId: 'track-1',
    guid,
    key: 'content',
    content,
    isFull: true,
    isFinalize: false,
    isError: false,
    ...more,
  };
}
