import type { Adapter, AdapterDeps, WebhookRoute } from '../../src/contract/adapter.ts';
import { feishuFactory } from '../../adapters/feishu/index.ts';
import type { HttpFault } from '../simulators/feishu/http-faults.ts';
import type { Delivery } from '../simulators/feishu/push.ts';
import type { Said as FeishuSaid, SaidElement } from '../simulators/feishu/said.ts';
import { startFeishuSimulator, type FeishuSimulator } from '../simulators/feishu/simulator.ts';
import type { MessageView } from '../simulators/feishu/views.ts';
import type { SimChat, SimMessage, SimUser } from '../simulators/feishu/world-types.ts';
import type {
  CreateHarness,
  Failure,
  Harness,
  Person,
  ReceivedRequest,
  Said,
  ShownReply,
  Traits,
  Where,
} from './harness.ts';
import { serveWebhooks, type WebhookServer } from './webhook-server.ts';

const retryAfterMs = 3_000;

const traits: Traits = {
  groups: true,
  topics: true,
  hearsUnaddressed: true,
  everyoneMention: true,
  colleagueMention: '@小明',
  pictures: { most: 3, withWords: true },
  unreadable: ['file', 'audio', 'video', 'sticker', 'forwarded', 'location', 'contact', 'other'],
  quotes: 'words-and-pictures',
  redelivers: true,
  joins: ['group', 'direct'],
  writesToGroups: true,
  showsGrowth: true,
  oneText: false,
  toasts: true,
  sendsOnce: true,
  failures: ['unavailable', 'answer-lost', 'rate-limited', 'target-gone', 'no-answer'],
  retryAfterMs,
  checksCredentials: true,
  mentionMarkup: [
    '<at id=all></at>',
    '<at user_id="all">所有人</at>',
    '<person id="ou_1"></person>',
    '< at id = all >',
    '<AT ID=all/>',
  ],
};

/** Feishu, simulated, over real sockets. */
export const feishuHarness =
  (mode: 'ws' | 'webhook'): CreateHarness =>
  async ({ clock }) => {
    const feishu = await startFeishuSimulator({ clock, rules: { groupMessages: 'all' } });
    return createFeishuHarness(feishu, mode);
  };

type World = ReturnType<typeof createWorld>;

function createWorld(feishu: FeishuSimulator) {
  const asker = feishu.addUser({ name: '小红' });
  const colleague = feishu.addUser({ name: '小明' });
  const people: Readonly<Record<Person, SimUser>> = { asker, colleague };
  const group = feishu.addChat({ name: '财务群', members: [asker, colleague] });
  const root = (text: string): SimMessage =>
    feishu.say({ chat: group, from: asker, said: { kind: 'text', text }, push: 'never' }).message;
  const roots = new Map<Where, SimMessage>([
    ['topic', root('话题一')],
    ['other-topic', root('话题二')],
  ]);
  return { people, group, roots };
}

/** The same on a simulator that runs already. */
export function createFeishuHarness(feishu: FeishuSimulator, mode: 'ws' | 'webhook'): Harness {
  const world = createWorld(feishu);
  const { people, group, roots } = world;
  const deliveries = new Map<string, Promise<Delivery>>();
  const servers = new Map<WebhookRoute | undefined, WebhookServer>();
  let posted: WebhookServer | undefined;

  const chatOf = (where: Where, from: SimUser): SimChat =>
    where === 'direct' ? feishu.directChat(from) : group;
  const messageOf = (id: string): SimMessage => {
    const message = feishu.message(id);
    if (message === undefined) throw new Error(`nobody has sent ${id}`);
    return message;
  };
  const deliveryOf = (messageId: string): Delivery | undefined =>
    feishu.deliveries().find((delivery) => delivery.messageId === messageId);

  return {
    traits,
    secrets: [feishu.app.appSecret, feishu.app.encryptKey, feishu.app.verificationToken],
    redeliveryMs: 16_000,
    async createAdapter(deps, credentials = 'right') {
      const adapter = await createAdapter(feishu, mode, deps, credentials);
      if (mode === 'ws') return adapter;
      const server = await serveWebhooks(adapter);
      servers.set(adapter.webhooks[0], server);
      return adapter;
    },
    reachable(adapter) {
      const server = servers.get(adapter.webhooks[0]);
      if (server === undefined) return feishu.connections().some((connection) => connection.ready());
      posted = server;
      feishu.useWebhook({ url: `${server.url}/webhooks/feishu`, encrypted: true });
      return true;
    },
    say({ where, from = 'asker', quote, ...said }) {
      const person = people[from];
      const root = roots.get(where);
      const replyTo = quote === undefined ? root : messageOf(quote.id);
      const { message, deliveries: pushed } = feishu.say({
        chat: chatOf(where, person),
        from: person,
        said: toFeishu(said, world),
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(root === undefined ? {} : { inThread: true }),
      });
      const [delivery] = pushed;
      if (delivery !== undefined) deliveries.set(message.messageId, delivery);
      return { id: message.messageId };
    },
    acknowledged({ id }) {
      const delivery = deliveryOf(id);
      if (delivery === undefined || delivery.attempts.length === 0) return undefined;
      return delivery.state === 'acknowledged';
    },
    redeliver({ id }) {
      const times = feishu.deliveries().filter(({ messageId }) => messageId === id).length;
      void feishu.redeliver(messageOf(id), { newEventId: times % 2 === 0 });
    },
    recall: ({ id }) => void feishu.recall(messageOf(id)),
    join(where) {
      if (where === 'group') void feishu.addBot(group, people.asker);
      else void feishu.enterDirectChat(people.asker);
    },
    async press({ id }, label, by) {
      const { toast } = await feishu.press({ message: messageOf(id), button: { label }, by: people[by] });
      return toast?.content;
    },
    fail(failure, step, times) {
      const apis = step === 'open' ? ['im.message.reply'] : ['*'];
      for (const api of apis) feishu.fault(api, faults[failure], times);
    },
    mend: () => feishu.clearFaults(),
    async replies(where) {
      const threadId = roots.get(where)?.threadId;
      const chat = chatOf(where, people.asker);
      return feishu
        .messages(chat.chatId)
        .filter((message) => message.from.kind === 'bot' && message.threadId === threadId)
        .map(toShown);
    },
    calls: () => feishu.calls().length,
    refused: () =>
      feishu
        .refused()
        .filter(({ fault }) => fault === undefined)
        .map(({ api, code }) => `${api} ${code}`),
    received: () => posted?.received() ?? [],
    forge,
    async stop() {
      await feishu.stop();
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

async function createAdapter(
  { app, url }: FeishuSimulator,
  mode: 'ws' | 'webhook',
  deps: AdapterDeps,
  credentials: 'right' | 'wrong',
): Promise<Adapter> {
  const plan = feishuFactory.plan({
    FEISHU_APP_ID: app.appId,
    FEISHU_APP_SECRET: credentials === 'right' ? app.appSecret : `wrong-${app.appSecret}`,
    FEISHU_BASE_URL: url,
    FEISHU_MODE: mode,
    ...(mode === 'ws'
      ? {}
      : { FEISHU_ENCRYPT_KEY: app.encryptKey, FEISHU_VERIFICATION_TOKEN: app.verificationToken }),
  });
  if (plan.state !== 'ready') throw new Error(`the environment is ${plan.state}`);
  return plan.create(deps);
}

function toFeishu(said: Omit<Said, 'where'>, { people, roots }: World): FeishuSaid {
  const file = { bytes: Buffer.from('a file'), name: 'a.pdf' };
  if (said.unreadable === undefined) return toWords(said, people);
  switch (said.unreadable) {
    case 'file':
      return { kind: 'file', file };
    case 'audio':
      return { kind: 'audio', audio: file, durationMs: 1_000 };
    case 'video':
      return { kind: 'media', video: file, cover: file, durationMs: 1_000 };
    case 'sticker':
      return { kind: 'sticker' };
    case 'forwarded':
      return { kind: 'merge_forward', children: [...roots.values()] };
    case 'location':
      return { kind: 'location', name: '公司', longitude: '1', latitude: '2' };
    case 'contact':
      return { kind: 'share_user', user: people.colleague };
    case 'card':
      return { kind: 'raw', messageType: 'interactive', content: '{}' };
    case 'other':
      return { kind: 'raw', messageType: 'hologram', content: '{}' };
  }
}

function toWords({ text = '', pictures = [] }: Omit<Said, 'where'>, people: World['people']): FeishuSaid {
  const words = text
    .replaceAll('@{everyone}', '@{all}')
    .replaceAll('@{colleague}', `@{${people.colleague.openId}}`);
  const [first, ...more] = pictures;
  if (first === undefined) return { kind: 'text', text: words };
  if (more.length === 0 && words === '') return { kind: 'image', image: { bytes: first } };
  const images = pictures.map((bytes): SaidElement => ({ tag: 'img', image: { bytes } }));
  return { kind: 'post', paragraphs: [[{ tag: 'text', text: words }], images] };
}

const faults: Readonly<Record<Failure, HttpFault>> = {
  unavailable: { kind: 'answer', status: 503, body: '<html>busy</html>' },
  'answer-lost': { kind: 'drop-after' },
  'rate-limited': {
    kind: 'answer',
    status: 429,
    body: JSON.stringify({ code: 99991400, msg: 'request trigger frequency limit' }),
    headers: { 'content-type': 'application/json', 'x-ogw-ratelimit-reset': String(retryAfterMs / 1000) },
  },
  'target-gone': { kind: 'code', code: 230011, status: 400, message: 'The message was withdrawn.' },
  'no-answer': { kind: 'delay', milliseconds: 24 * 3_600_000 },
};

function toShown({ messageId, card, content, pings }: MessageView): ShownReply {
  if (card === undefined)
    return { id: messageId, text: content, buttons: [], words: content, live: false, pings };
  const { answer = '', progress, notice, footer } = card.texts;
  return {
    id: messageId,
    text: answer,
    ...(progress === undefined ? {} : { progress }),
    ...(notice === undefined ? {} : { notice }),
    ...(footer === undefined ? {} : { footer }),
    buttons: card.buttons.map(({ label }) => label),
    words: JSON.stringify(card.json['body']),
    live: card.streaming,
    pings,
  };
}

function forge({ path, request }: ReceivedRequest): ReturnType<Harness['forge']> {
  const { headers, body } = request;
  const tampered = Buffer.from(body);
  tampered[20] = (tampered[20] ?? 0) ^ 1;
  const late = String(Number(headers['x-lark-request-timestamp']) + 3_600);
  const variants = {
    'with another body': { ...request, body: tampered },
    'cut short': { ...request, body: body.slice(0, -2) },
    'with another time': { ...request, headers: { ...headers, 'x-lark-request-timestamp': late } },
    'with another signature': { ...request, headers: { ...headers, 'x-lark-signature': '0'.repeat(64) } },
    'with another nonce': { ...request, headers: { ...headers, 'x-lark-request-nonce': 'other' } },
  };
  return Object.entries(variants).map(([how, forged]) => ({ how, forged: { path, request: forged } }));
}
