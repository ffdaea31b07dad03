import * as lark from '@larksuiteoapi/node-sdk';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { isObject, type JsonObject } from './json.ts';
import type { FeishuSimulatorOptions } from './options.ts';
import { startFeishuSimulator, type FeishuSimulator } from './simulator.ts';
import type { SimChat, SimUser } from './world-types.ts';

const tokenPath = '/open-apis/auth/v3/tenant_access_token/internal';

/** Swallows what the SDK logs: its failures are provoked on purpose. */
export const quiet = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  trace: () => undefined,
};

/** What the dispatcher hands to a handler: header and event merged. Only the parts the event kind has are there. */
export type PushedEvent = {
  readonly event_id: string;
  readonly event_type: string;
  readonly create_time: string;
  readonly token: string;
  readonly message_id: string;
  readonly sender: { readonly sender_id: { readonly open_id: string } };
  readonly message: {
    readonly message_id: string;
    readonly content: string;
    readonly mentions: readonly { readonly key: string; readonly id: { readonly open_id: string } }[];
  };
};

export type PushHandler = (event: PushedEvent) => unknown;

/** One answer of the REST API. */
export type Answer = {
  readonly status: number;
  readonly code: number;
  readonly msg: string;
  readonly data: JsonObject;
  readonly headers: Headers;
};

export type Stage = {
  readonly sim: FeishuSimulator;
  readonly clock: FakeClock;
  readonly group: SimChat;
  readonly alice: SimUser;
  readonly bob: SimUser;
  /** Calls the API without the SDK, with a valid token. */
  readonly call: (method: string, path: string, body?: JsonObject) => Promise<Answer>;
  /** Creates a card entity, sends it into the group, and gives back both ids. */
  readonly sendCard: (card: JsonObject) => Promise<{ readonly cardId: string; readonly messageId: string }>;
};

/** A simulator on a clock that stands still, with a group of two people and the bot. */
export async function setStage(options: FeishuSimulatorOptions = {}): Promise<Stage> {
  const clock = createFakeClock();
  const sim = await startFeishuSimulator({ clock, ...options });
  const [alice, bob] = [sim.addUser({ name: '小丽' }), sim.addUser({ name: 'Bob' })];
  const group = sim.addChat({ name: '研发组', members: [alice, bob] });
  const call = caller(sim, clock);

  async function sendCard(card: JsonObject): Promise<{ cardId: string; messageId: string }> {
    const created = await call('POST', '/open-apis/cardkit/v1/cards', {
      type: 'card_json',
      data: JSON.stringify(card),
    });
    if (created.code !== 0) throw new Error(`card refused: ${created.code} ${created.msg}`);
    const cardId = String(created.data['card_id']);
    const content = JSON.stringify({ type: 'card', data: { card_id: cardId } });
    const sent = await call('POST', '/open-apis/im/v1/messages?receive_id_type=chat_id', {
      receive_id: group.chatId,
      msg_type: 'interactive',
      content,
    });
    return { cardId, messageId: String(sent.data['message_id']) };
  }

  return { sim, clock, group, alice, bob, call, sendCard };
}

function caller(sim: FeishuSimulator, clock: FakeClock): Stage['call'] {
  const request = async (
    method: string,
    path: string,
    body: JsonObject | undefined,
    token: string,
  ): Promise<Answer> => {
    const response = await fetch(sim.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const decoded: unknown = await response.json();
    const json = isObject(decoded) ? decoded : {};
    const data = isObject(json['data']) ? json['data'] : json;
    return {
      status: response.status,
      code: Number(json['code']),
      msg: String(json['msg']),
      data,
      headers: response.headers,
    };
  };
  const { appId, appSecret } = sim.app;
  let known: { readonly token: string; readonly atMs: number } | undefined;
  return async (method, path, body) => {
    const nowMs = clock.now().getTime();
    if (known === undefined || nowMs - known.atMs >= 3_600_000) {
      const issue = await request('POST', tokenPath, { app_id: appId, app_secret: appSecret }, '');
      known = { token: String(issue.data['tenant_access_token']), atMs: nowMs };
    }
    return request(method, path, body, known.token);
  };
}

/** The official client, unmodified, pointed at the simulator. */
export function officialClient(sim: FeishuSimulator): lark.Client {
  const { appId, appSecret } = sim.app;
  return new lark.Client({ appId, appSecret, domain: sim.url, logger: quiet });
}

/** A 2.0 card with one Markdown element `md_1`, streaming unless told otherwise. */
export function cardWith(
  elements: readonly JsonObject[] = [markdown('')],
  config: JsonObject = { streaming_mode: true },
): JsonObject {
  return { schema: '2.0', config: { update_multi: true, ...config }, body: { elements: [...elements] } };
}

export function markdown(content: string, elementId = 'md_1'): JsonObject {
  return { tag: 'markdown', element_id: elementId, content };
}

export function button(label: string, elementId: string, value: JsonObject): JsonObject {
  return {
    tag: 'button',
    element_id: elementId,
    text: { tag: 'plain_text', content: label },
    behaviors: [{ type: 'callback', value }],
  };
}
