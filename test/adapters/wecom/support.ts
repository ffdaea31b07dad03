import { afterEach } from 'vitest';
import type { Adapter, WebhookRequest } from '../../../src/contract/adapter.ts';
import type { Inbox, InboundEvent, InboundMessage } from '../../../src/contract/inbound.ts';
import { encryptText, readAesKey, signatureOf } from '../../../adapters/wecom/callback/crypto.ts';
import type { CallbackKeys } from '../../../adapters/wecom/config.ts';
import { wecomFactories } from '../../../adapters/wecom/index.ts';
import { createSurroundings, socketPace, type Surroundings } from '../../contract/surroundings.ts';
import { serveWebhooks } from '../../contract/webhook-server.ts';
import type { WeComSimulatorOptions } from '../../simulators/wecom/options.ts';
import { startWeComSimulator, type WeComSimulator } from '../../simulators/wecom/simulator.ts';
import type { SimChat, SimUser } from '../../simulators/wecom/world-types.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

export type Played = Surroundings & {
  readonly sim: WeComSimulator;
  readonly alice: SimUser;
  readonly group: SimChat;
  readonly adapter: Adapter;
  readonly events: InboundEvent[];
  /** The address of the adapter's webhooks; empty without any. */
  readonly url: string;
  /** Says something and gives what arrived. */
  ask(text?: string, chat?: SimChat): Promise<InboundMessage>;
};

type Play = {
  readonly integration: 'bot' | 'bot-webhook' | 'app';
  readonly options?: WeComSimulatorOptions;
  readonly env?: Readonly<Record<string, string>>;
  readonly inbox?: Inbox;
  /** Whether to wait until the platform is reached. */
  readonly reached?: boolean;
};

/** An adapter in front of the simulator, on a clock that the test moves; ends with the test. */
export async function play({
  integration,
  options = {},
  env = {},
  inbox,
  reached = true,
}: Play): Promise<Played> {
  const surroundings = createSurroundings({ ...socketPace, patienceMs: 1_800_000 });
  const { clock, deps, until } = surroundings;
  const sim = await startWeComSimulator({ clock, ...options });
  ends.push(() => sim.stop());
  const alice = sim.addUser({ name: '小丽', userId: 'XiaoLi' });
  const group = sim.addGroup({ name: '研发组', members: [alice] });
  const plan = wecomFactories
    .map((factory) => factory.plan({ ...environment(sim, integration), ...env }))
    .find(({ state }) => state !== 'off');
  if (plan?.state !== 'ready') throw new Error(`the environment is ${JSON.stringify(plan)}`);
  const adapter = await plan.create({ ...deps, mediaHosts: [new URL(sim.mediaUrl).host] });
  const server = await serveWebhooks(adapter);
  ends.push(
    () => server.stop(),
    () => surroundings.stop(),
    () => adapter.stop(),
  );
  if (integration === 'bot-webhook') sim.useBotWebhook(`${server.url}/webhooks/wecom/bot`);
  if (integration === 'app') sim.useAppWebhook(`${server.url}/webhooks/wecom/agent`);
  const events: InboundEvent[] = [];
  await adapter.start(async (event) => {
    events.push(event);
    return inbox === undefined ? { outcome: 'accepted' } : inbox(event);
  });
  if (reached) await until(() => adapter.health().state === 'up', 'the platform is reached');
  const messages = (): InboundMessage[] => events.filter((event) => event.type === 'message');
  return {
    ...surroundings,
    sim,
    alice,
    group,
    adapter,
    events,
    url: server.url,
    async ask(text = '你好', chat = integration === 'app' ? sim.appChat(alice) : sim.directChat(alice)) {
      const before = messages().length;
      sim.say({ chat, from: alice, said: { kind: 'text', text } });
      await until(() => messages().length > before, 'the message arrives');
      const message = messages().at(-1);
      if (message === undefined) throw new Error('no message');
      return message;
    },
  };
}

function environment(sim: WeComSimulator, integration: Play['integration']): Record<string, string> {
  const { corp, url, wsUrl } = sim;
  const own = {
    bot: { WECOM_BOT_ID: corp.botId, WECOM_BOT_SECRET: corp.botSecret, WECOM_BOT_WS_URL: wsUrl },
    'bot-webhook': { WECOM_BOT_TOKEN: corp.botToken, WECOM_BOT_ENCODING_AES_KEY: corp.botEncodingAesKey },
    app: {
      WECOM_CORP_ID: corp.corpId,
      WECOM_AGENT_ID: String(corp.agentId),
      WECOM_AGENT_SECRET: corp.agentSecret,
      WECOM_AGENT_TOKEN: corp.agentToken,
      WECOM_AGENT_ENCODING_AES_KEY: corp.agentEncodingAesKey,
    },
  }[integration];
  return { ...own, WECOM_BASE_URL: url };
}

/** The keys of the reference's test vectors. */
export const vectorKeys: CallbackKeys = {
  token: 'simToken01',
  encodingAesKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  receiveId: '',
};

/** A callback as WeCom would send it, under `keys`. */
export function signedRequest(text: string, keys: CallbackKeys, envelope = jsonEnvelope): WebhookRequest {
  const [timestamp, nonce] = ['1767225600', 'nonce12345'];
  const key = readAesKey(keys.encodingAesKey) ?? Buffer.alloc(32);
  const encrypted = encryptText(text, key, keys.receiveId, Buffer.from('0123456789abcdef'));
  const msg_signature = signatureOf(keys.token, timestamp, nonce, encrypted);
  return {
    method: 'POST',
    query: new URLSearchParams({ msg_signature, timestamp, nonce }),
    headers: {},
    body: Buffer.from(envelope(encrypted)),
  };
}

export const jsonEnvelope = (encrypt: string): string => JSON.stringify({ encrypt });
export const xmlEnvelope = (encrypted: string): string =>
  `<xml><ToUserName><![CDATA[corp]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
