import { setTimeout as wait } from 'node:timers/promises';
import type { Adapter, AdapterDeps } from '../../../src/contract/adapter.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { wecomFactories } from '../../../adapters/wecom/index.ts';
import { words } from '../../../adapters/wecom/words.ts';
import type {
  CreateHarness,
  Harness,
  Person,
  ReceivedRequest,
  Said,
  ShownReply,
  Traits,
} from '../../contract/harness.ts';
import { serveWebhooks, type WebhookServer } from '../../contract/webhook-server.ts';
import type { FakeClock } from '../../fakes/clock.ts';
import type { Said as WeComSaid, SaidItem } from '../../simulators/wecom/said.ts';
import { frameFaults, httpFaults, mediaFaults } from './contract-faults.ts';
import { startWeComSimulator, type WeComSimulator } from '../../simulators/wecom/simulator.ts';
import type { MessageView } from '../../simulators/wecom/views.ts';
import type { SimChat, SimMessage, SimUser } from '../../simulators/wecom/world-types.ts';

/** By webhook every message has a bubble at once, also one that is not answered here. */
const UNOPENED: ReadonlySet<string> = new Set(['<think></think>', words.endedStream]);

export type Integration = 'bot' | 'bot-webhook' | 'app';

const botTraits: Traits = {
  groups: true,
  topics: false,
  hearsUnaddressed: false,
  everyoneMention: false,
  colleagueMention: undefined,
  pictures: { most: 3, withWords: true },
  unreadable: ['file', 'audio', 'video', 'other'],
  quotes: 'words-and-pictures',
  redelivers: false,
  joins: ['direct'],
  showsGrowth: true,
  oneText: true,
  toasts: false,
  sendsOnce: false,
  failures: ['unavailable', 'answer-lost', 'rate-limited', 'target-gone', 'no-answer'],
  retryAfterMs: undefined,
  checksCredentials: true,
  mentionMarkup: ['<@bob>', '<@all>', '< @ bob >', '</@bob>'],
};

const traitsOf: Readonly<Record<Integration, Traits>> = {
  bot: botTraits,
  // Replies cost no calls: WeCom fetches them. A welcome can only be the answer to the event itself.
  'bot-webhook': { ...botTraits, redelivers: true, failures: [], checksCredentials: false, joins: [] },
  app: {
    ...botTraits,
    groups: false,
    pictures: { most: 1, withWords: false },
    unreadable: ['audio', 'video', 'location', 'other'],
    quotes: 'none',
    redelivers: true,
    showsGrowth: false,
    sendsOnce: true,
  },
};

/** WeCom, simulated, over real sockets. */
export const wecomHarness =
  (integration: Integration): CreateHarness =>
  async ({ clock }) => {
    const sim = await startWeComSimulator({
      clock: apart(clock),
      // Without a blank: what the adapter makes of names with blanks has tests of its own.
      corp: { botName: 'Qwen助手' },
      limits: { retryDelayMs: 1_000 },
    });
    return createHarness(sim, integration, clock);
  };

/** The same time, but `sleeping` no longer counts what the platform waits for, such as its next look at a stream. */
function apart(clock: FakeClock): Clock {
  const all = clock.sleeping.bind(clock);
  let own = 0;
  clock.sleeping = () => all() - own;
  return {
    now: () => clock.now(),
    async sleep(milliseconds, signal) {
      own += 1;
      await clock.sleep(milliseconds, signal);
      own -= 1;
    },
  };
}

/** A question about a stream nobody knows is answered only after a moment. */
async function whileTimePasses(promise: Promise<unknown>, clock: FakeClock): Promise<void> {
  const state = { over: false };
  const ended = promise.finally(() => {
    state.over = true;
  });
  while (!state.over) {
    await wait(1);
    await clock.advance(25);
  }
  await ended;
}

function createHarness(sim: WeComSimulator, integration: Integration, clock: FakeClock): Harness {
  const asker = sim.addUser({ name: '小红', userId: 'XiaoHong' });
  const colleague = sim.addUser({ name: '小明', userId: 'bob' });
  const people: Readonly<Record<Person, SimUser>> = { asker, colleague };
  const group = sim.addGroup({ name: '财务群', members: [asker, colleague] });
  /** By their webhooks: an adapter may be remade around them. */
  const servers = new Map<Adapter['webhooks'], WebhookServer>();
  let posted: WebhookServer | undefined;

  const chatOf = (where: string, from: SimUser): SimChat =>
    where === 'group' ? group : integration === 'app' ? sim.appChat(from) : sim.directChat(from);
  const messageOf = (id: string): SimMessage => {
    const message = sim.message(id);
    if (message === undefined) throw new Error(`nobody has sent ${id}`);
    return message;
  };
  const deliveriesOf = (id: string) => sim.deliveries().filter(({ messageId }) => messageId === id);

  /** What is still live is asked for once more, as the platform would within a second. */
  async function refresh(chat: SimChat): Promise<void> {
    for (const { stream, answersId } of sim.messages(chat.chatId)) {
      if (stream?.state === 'streaming' && answersId !== undefined)
        await whileTimePasses(sim.refreshStream(messageOf(answersId), stream.streamId), clock);
    }
  }

  return {
    traits: traitsOf[integration],
    secrets: [
      sim.corp.botSecret,
      sim.corp.botToken,
      sim.corp.botEncodingAesKey,
      sim.corp.agentSecret,
      sim.corp.agentToken,
      sim.corp.agentEncodingAesKey,
    ],
    redeliveryMs: 6_000,
    async createAdapter(deps, credentials = 'right') {
      const adapter = await createAdapter(sim, integration, deps, credentials);
      if (integration !== 'bot') servers.set(adapter.webhooks, await serveWebhooks(adapter));
      return adapter;
    },
    reachable(adapter) {
      const server = servers.get(adapter.webhooks);
      if (server === undefined) return sim.connections().some((connection) => connection.subscribed());
      posted = server;
      if (integration === 'app') sim.useAppWebhook(`${server.url}/webhooks/wecom/agent`);
      else sim.useBotWebhook(`${server.url}/webhooks/wecom/bot`);
      return true;
    },
    say({ where, from = 'asker', quote, ...said }) {
      const person = people[from];
      const { message } = sim.say({
        chat: chatOf(where, person),
        from: person,
        said: toWeCom(said),
        ...(quote === undefined ? {} : { quoting: messageOf(quote.id) }),
      });
      return { id: message.messageId };
    },
    acknowledged({ id }) {
      const [delivery] = deliveriesOf(id);
      if (delivery === undefined || delivery.attempts.length === 0) return undefined;
      return delivery.state === 'delivered';
    },
    redeliver: ({ id }) => void sim.redeliver(messageOf(id)),
    recall: () => undefined,
    join: () => void (integration === 'app' ? sim.appEvent('enter_agent', asker) : sim.enterChat(asker)),
    press: async () => undefined,
    fail(failure, _step, times) {
      if (integration === 'app') sim.fault('*', httpFaults[failure], times);
      else {
        sim.frameFault('*', frameFaults[failure], times);
        sim.fault('media.download', mediaFaults[failure], times);
      }
    },
    mend: () => sim.clearFaults(),
    async replies(where) {
      const chat = chatOf(where, asker);
      if (integration === 'bot-webhook') await refresh(chat);
      return sim
        .messages(chat.chatId)
        .filter(({ from, stream }) => from.kind === 'bot' && !UNOPENED.has(stream?.content ?? ''))
        .map(toShown);
    },
    calls: () => sim.calls().filter(({ api }) => api !== 'ping').length,
    refused: () =>
      sim
        .refused()
        .filter(({ fault }) => fault === undefined)
        .map(({ api, code, message }) => `${api} ${code} ${message}`),
    received: () => posted?.received() ?? [],
    forge,
    async stop() {
      await sim.stop();
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

async function createAdapter(
  sim: WeComSimulator,
  integration: Integration,
  deps: AdapterDeps,
  credentials: 'right' | 'wrong',
): Promise<Adapter> {
  const { corp, url, wsUrl } = sim;
  const secret = (right: string): string => (credentials === 'right' ? right : `wrong-${right}`);
  const environments: Readonly<Record<Integration, Record<string, string>>> = {
    bot: { WECOM_BOT_ID: corp.botId, WECOM_BOT_SECRET: secret(corp.botSecret), WECOM_BOT_WS_URL: wsUrl },
    'bot-webhook': { WECOM_BOT_TOKEN: corp.botToken, WECOM_BOT_ENCODING_AES_KEY: corp.botEncodingAesKey },
    app: {
      WECOM_CORP_ID: corp.corpId,
      WECOM_AGENT_ID: String(corp.agentId),
      WECOM_AGENT_SECRET: secret(corp.agentSecret),
      WECOM_AGENT_TOKEN: corp.agentToken,
      WECOM_AGENT_ENCODING_AES_KEY: corp.agentEncodingAesKey,
    },
  };
  const env = { ...environments[integration], WECOM_BASE_URL: url };
  const [plan] = wecomFactories.map((factory) => factory.plan(env)).filter(({ state }) => state !== 'off');
  if (plan?.state !== 'ready') throw new Error(`the environment is ${plan?.state ?? 'off'}`);
  return plan.create({ ...deps, mediaHosts: [new URL(sim.mediaUrl).host] });
}

function toWeCom({ text = '', pictures = [], unreadable }: Omit<Said, 'where'>): WeComSaid {
  const file = { bytes: Buffer.from('a file'), fileName: 'a.pdf' };
  switch (unreadable) {
    case undefined:
      break;
    case 'file':
      return { kind: 'file', file };
    case 'audio':
      return { kind: 'voice', transcript: '', sound: file };
    case 'video':
      return { kind: 'video', video: file };
    case 'location':
      return { kind: 'location', latitude: '1', longitude: '2', label: '公司' };
    case 'card':
    case 'contact':
    case 'forwarded':
    case 'sticker':
    case 'other':
      return { kind: 'raw', messageType: 'hologram', body: {} };
  }
  const [first] = pictures;
  if (first === undefined) return { kind: 'text', text };
  if (pictures.length === 1 && text === '') return { kind: 'image', image: { bytes: first } };
  const words: readonly SaidItem[] = text === '' ? [] : [{ kind: 'text', text }];
  const images = pictures.map((bytes): SaidItem => ({ kind: 'image', image: { bytes } }));
  return { kind: 'mixed', items: [...words, ...images] };
}

function toShown({ messageId, text, stream }: MessageView): ShownReply {
  const pings = [...text.matchAll(/<@(\w+)>/g)].map(([, name]) => name ?? '');
  const words = stream?.content ?? text;
  return { id: messageId, text, buttons: [], words, live: stream?.state === 'streaming', pings };
}

function forge({ path, request }: ReceivedRequest): ReturnType<Harness['forge']> {
  const { query, body } = request;
  const tampered = Buffer.from(body);
  const middle = Math.floor(body.length / 2);
  tampered[middle] = tampered[middle] === 65 ? 66 : 65;
  const withQuery = (name: string, value: string): URLSearchParams => {
    const changed = new URLSearchParams(query);
    changed.set(name, value);
    return changed;
  };
  const variants = {
    'with another body': { ...request, body: tampered },
    'cut short': { ...request, body: body.slice(0, -2) },
    'with another time': { ...request, query: withQuery('timestamp', '1') },
    'with another signature': { ...request, query: withQuery('msg_signature', '0'.repeat(40)) },
    'with another nonce': { ...request, query: withQuery('nonce', 'other') },
  };
  return Object.entries(variants).map(([how, forged]) => ({ how, forged: { path, request: forged } }));
}
