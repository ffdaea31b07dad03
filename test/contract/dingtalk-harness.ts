import type { Adapter, AdapterDeps, WebhookRoute } from '../../src/contract/adapter.ts';
import { dingtalkFactory } from '../../adapters/dingtalk/index.ts';
import { readTemplate } from '../adapters/dingtalk/card-template.ts';
import type { DingTalkHttpFault } from '../simulators/dingtalk/http-faults.ts';
import type { Said as DingTalkSaid, SaidItem } from '../simulators/dingtalk/said.ts';
import { startDingTalkSimulator, type DingTalkSimulator } from '../simulators/dingtalk/simulator.ts';
import type { MessageView } from '../simulators/dingtalk/views.ts';
import type { SimChat, SimMessage, SimPerson } from '../simulators/dingtalk/world-types.ts';
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

/** How messages come in, and whether a card template is configured. */
export type DingTalkSetting = { readonly mode: 'stream' | 'webhook'; readonly cards: boolean };

/** The template of `docs/dingtalk`, as an organisation that imported it has it. */
export const dingtalkTemplate = readTemplate();

const traitsOf = ({ mode, cards }: DingTalkSetting): Traits => ({
  groups: true,
  topics: false,
  // A robot is sent nothing but what mentions it, and no mention of everyone; other people's names are cut out.
  hearsUnaddressed: false,
  everyoneMention: false,
  colleagueMention: undefined,
  pictures: { most: 3, withWords: true },
  unreadable: ['file', 'audio', 'video', 'forwarded', 'other'],
  quotes: 'words-and-pictures',
  redelivers: mode === 'stream',
  joins: [],
  writesToGroups: true,
  showsGrowth: cards,
  oneText: !cards,
  toasts: true,
  sendsOnce: false,
  failures: ['unavailable', 'answer-lost', 'rate-limited', 'target-gone', 'no-answer'],
  // The page on limits: wait a second; after too many messages of a custom robot, ten minutes.
  retryAfterMs: cards ? 1_000 : 600_000,
  checksCredentials: true,
  // Only people listed beside the text (`at`, `atUserIds`) are notified; nothing inside a text does that by itself.
  mentionMarkup: [],
});

/** DingTalk, simulated, over real sockets. */
export const dingtalkHarness =
  (setting: DingTalkSetting): CreateHarness =>
  async ({ clock }) =>
    createDingTalkHarness(await startDingTalkSimulator({ clock, templates: [dingtalkTemplate] }), setting);

type People = Readonly<Record<Person, SimPerson>>;

/** The same on a simulator that runs already. */
export function createDingTalkHarness(sim: DingTalkSimulator, setting: DingTalkSetting): Harness {
  const people: People = {
    asker: sim.addPerson({ name: '小红' }),
    colleague: sim.addPerson({ name: '小明' }),
  };
  const group = sim.addGroup({ title: '财务群', members: [people.asker, people.colleague] });
  const servers = new Map<WebhookRoute | undefined, WebhookServer>();
  let posted: WebhookServer | undefined;

  const chatOf = (where: Where, from: SimPerson): SimChat =>
    where === 'direct' ? sim.directChat(from) : group;
  const messageOf = (id: string): SimMessage => {
    const message = sim.message(id);
    if (message === undefined) throw new Error(`nobody has sent ${id}`);
    return message;
  };

  return {
    traits: traitsOf(setting),
    secrets: [sim.app.clientSecret],
    redeliveryMs: 61_000,
    async createAdapter(deps, credentials = 'right') {
      const adapter = await createAdapter(sim, setting, deps, credentials);
      if (setting.mode === 'webhook') servers.set(adapter.webhooks[0], await serveWebhooks(adapter));
      return adapter;
    },
    reachable(adapter) {
      if (setting.mode === 'stream') return sim.connections().some((connection) => !connection.leaving());
      posted = servers.get(adapter.webhooks[0]);
      if (posted === undefined) return false;
      sim.useCallback({ url: `${posted.url}/webhooks/dingtalk`, signature: 'right' });
      return true;
    },
    say({ where, from = 'asker', quote, ...said }) {
      const person = people[from];
      const { message } = sim.say({
        chat: chatOf(where, person),
        from: person,
        said: toDingTalk(said, people),
        ...(quote === undefined ? {} : { quote: { message: messageOf(quote.id) } }),
      });
      return { id: message.msgId };
    },
    acknowledged({ id }) {
      const delivery = sim.deliveries().find(({ msgId }) => msgId === id);
      if (delivery === undefined || delivery.attempts.length === 0) return undefined;
      return delivery.state === 'acknowledged';
    },
    redeliver: ({ id }) => void sim.redeliver(messageOf(id)),
    recall: () => undefined,
    join: () => undefined,
    async press({ id }, label, by) {
      const outTrackId = messageOf(id).card?.outTrackId ?? '';
      await sim.press({ outTrackId, button: { label }, by: people[by] });
      return sim.card(outTrackId)?.privateValues[people[by].staffId ?? '']?.['toast'];
    },
    fail(failure, step, times) {
      const api = step === 'open' && setting.cards ? 'card.createAndDeliver' : '*';
      sim.fault(api, faultOf(failure, setting), times);
    },
    mend: () => sim.clearFaults(),
    async replies(where) {
      return sim
        .messages(chatOf(where, people.asker).conversationId)
        .filter(({ from }) => from.kind === 'bot')
        .map(toShown);
    },
    calls: () => sim.calls().length,
    refused: () =>
      sim
        .refused()
        .filter(({ fault }) => fault === undefined)
        .map(({ api, code }) => `${api} ${code}`),
    received: () => posted?.received() ?? [],
    forge,
    async stop() {
      await sim.stop();
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

async function createAdapter(
  { app, url, oapiUrl }: DingTalkSimulator,
  { mode, cards }: DingTalkSetting,
  deps: AdapterDeps,
  credentials: 'right' | 'wrong',
): Promise<Adapter> {
  const plan = dingtalkFactory.plan({
    DINGTALK_CLIENT_ID: app.clientId,
    DINGTALK_CLIENT_SECRET: credentials === 'right' ? app.clientSecret : `wrong-${app.clientSecret}`,
    DINGTALK_MODE: mode,
    DINGTALK_BASE_URL: url,
    DINGTALK_OAPI_BASE_URL: oapiUrl,
    ...(cards ? { DINGTALK_CARD_TEMPLATE_ID: dingtalkTemplate.id } : {}),
  });
  if (plan.state !== 'ready') throw new Error(`the environment is ${plan.state}`);
  return plan.create(deps);
}

function toDingTalk(said: Omit<Said, 'where'>, people: People): DingTalkSaid {
  const file = { bytes: Buffer.from('a file'), name: 'a.pdf' };
  if (said.unreadable === undefined) return toWords(said, people);
  switch (said.unreadable) {
    case 'file':
      return { kind: 'file', file };
    case 'audio':
      return { kind: 'audio', audio: file, durationMs: 1_000 };
    case 'video':
      return { kind: 'video', video: file, durationMs: 1_000 };
    case 'forwarded':
      return { kind: 'chatRecord', title: '聊天记录', lines: ['一', { unknown: 'file' }] };
    case 'sticker':
    case 'card':
    case 'location':
    case 'contact':
    case 'other':
      return { kind: 'unknown', unknownMsgType: 'hologram' };
  }
}

function toWords({ text = '', pictures = [] }: Omit<Said, 'where'>, people: People): DingTalkSaid {
  const words = text.replaceAll('@{colleague}', `@{${people.colleague.staffId ?? ''}}`);
  const [first, ...more] = pictures;
  if (first === undefined) return { kind: 'text', text: words };
  if (more.length === 0 && words === '') return { kind: 'picture', picture: { bytes: first } };
  const shown = pictures.map((bytes): SaidItem => ({ type: 'picture', picture: { bytes } }));
  return { kind: 'richText', items: [{ type: 'text', text: words }, ...shown] };
}

/** The two ways of answering refuse in two languages: the new API by status and code, the old by `errcode` in a 200. */
function faultOf(failure: Failure, { cards }: DingTalkSetting): DingTalkHttpFault {
  switch (failure) {
    case 'unavailable':
      return { kind: 'answer', status: 503, body: '<html>busy</html>' };
    case 'answer-lost':
      return { kind: 'drop-after' };
    case 'rate-limited':
      return cards ? { kind: 'canned', name: 'qps' } : { kind: 'errcode', errcode: 410100 };
    case 'target-gone':
      return cards ? { kind: 'refuse', code: 'group.disbanded' } : { kind: 'errcode', errcode: 400013 };
    case 'no-answer':
      return { kind: 'delay', milliseconds: 24 * 3_600_000 };
  }
}

function toShown({ msgId, card, text, pings }: MessageView): ShownReply {
  if (card === undefined) return { id: msgId, text, buttons: [], words: text, live: false, pings };
  const { content = '', progress = '', notice = '', footer = '' } = card.texts;
  return {
    id: msgId,
    text: content,
    ...(progress === '' ? {} : { progress }),
    ...(notice === '' ? {} : { notice }),
    ...(footer === '' ? {} : { footer }),
    buttons: card.buttons.map(({ label }) => label),
    words: JSON.stringify(card.texts),
    // Its last text is there a moment before what stands beside it.
    live: !card.finalised || progress !== '',
    pings,
  };
}

/** The signature covers the time and nothing else, so what it cannot prove is refused as a second use of one moment. */
function forge({ path, request }: ReceivedRequest): ReturnType<Harness['forge']> {
  const { headers, body } = request;
  const tampered = Buffer.from(
    Buffer.from(body)
      .toString()
      .replace(/"msgId":"/, '"msgId":"forged-'),
  );
  const early = String(Number(headers['timestamp']) - 120_000);
  const variants = {
    'not signed': { ...request, headers: { 'content-type': headers['content-type'] ?? '' } },
    'with another signature': { ...request, headers: { ...headers, sign: 'A'.repeat(43) + '=' } },
    'with another time': { ...request, headers: { ...headers, timestamp: early } },
    'with another body under a signature that was used': { ...request, body: tampered },
    'cut short': { ...request, body: body.slice(0, -2) },
  };
  return Object.entries(variants).map(([how, forged]) => ({ how, forged: { path, request: forged } }));
}
