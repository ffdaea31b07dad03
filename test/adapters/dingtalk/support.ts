import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Adapter, Env } from '../../../src/contract/adapter.ts';
import type { CallBudget, CallLimit } from '../../../src/contract/budget.ts';
import type { Admission, InboundEvent, InboundMessage } from '../../../src/contract/inbound.ts';
import type { ReplyHandle } from '../../../src/contract/ids.ts';
import type { ReplyOpening, ReplyOutcome, Snapshot } from '../../../src/contract/reply.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { dingtalkFactory } from '../../../adapters/dingtalk/index.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import type { DingTalkSimulatorOptions } from '../../simulators/dingtalk/options.ts';
import type { SayOptions } from '../../simulators/dingtalk/people.ts';
import { startDingTalkSimulator, type DingTalkSimulator } from '../../simulators/dingtalk/simulator.ts';
import type { CardView, MessageView } from '../../simulators/dingtalk/views.ts';
import type { SimChat, SimPerson } from '../../simulators/dingtalk/world-types.ts';
import { createDeps } from '../shared/deps.ts';
import { createRecordedLog, type RecordedLog } from '../shared/recorded-log.ts';
import { until } from '../shared/waiting.ts';
import { readTemplate } from './card-template.ts';

/** The template of `docs/dingtalk`, as the card platform would know it. */
export const cardTemplate = readTemplate();

export type Stage = {
  readonly sim: DingTalkSimulator;
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  readonly adapter: Adapter;
  /** Another process of the same app; not started. */
  another(env?: Env): Promise<Adapter>;
  readonly events: InboundEvent[];
  readonly group: SimChat;
  readonly alice: SimPerson;
  readonly bob: SimPerson;
  /** Somebody from another organisation, without a user id. */
  readonly guest: SimPerson;
  /** Waits for real sockets and moves the clock now and then, until `work` has settled. */
  settled<Result>(work: Promise<Result>): Promise<Result>;
  /** Says something and waits for the message it becomes. */
  hear(said: Partial<SayOptions> & Pick<SayOptions, 'said'>): Promise<InboundMessage>;
  /** What the bot has put into a chat. */
  shown(chat: SimChat): readonly MessageView[];
  card(chat: SimChat): CardView;
  /** APIs called since the last time this was asked, in order, without tokens and the gateway. */
  made(): readonly string[];
};

type StageOptions = DingTalkSimulatorOptions & {
  readonly env?: Env;
  readonly inbox?: (event: InboundEvent) => Promise<Admission>;
  readonly start?: boolean;
  readonly budget?: CallBudget;
};

/** DingTalk, simulated, and our adapter before it, over real sockets, on a clock that stands still. */
export async function stage(options: StageOptions = {}): Promise<Stage> {
  const clock = createFakeClock();
  const { env = {}, inbox, start = true, budget, ...rest } = options;
  const sim = await startDingTalkSimulator({ clock, templates: [cardTemplate], ...rest });
  const log = createRecordedLog();
  const events: InboundEvent[] = [];
  const alice = sim.addPerson({ name: '小丽' });
  const bob = sim.addPerson({ name: 'Bob' });
  const guest = sim.addPerson({ name: '客人', external: true });
  const group = sim.addGroup({ title: '研发组', members: [alice, bob, guest] });
  const adapters: Adapter[] = [];

  async function another(more: Env = {}): Promise<Adapter> {
    const adapter = await createAdapter({ ...envOf(sim), ...env, ...more }, { clock, log, budget });
    adapters.push(adapter);
    return adapter;
  }

  async function settled<Result>(work: Promise<Result>): Promise<Result> {
    const done = new AbortController();
    const watched = work.finally(() => {
      done.abort();
    });
    watched.catch(() => undefined);
    for (let turn = 0; !done.signal.aborted; turn += 1) {
      await wait(2);
      if (turn % 5 === 4) await clock.advance(100);
    }
    return watched;
  }

  const adapter = await another();
  onTestFinished(async () => {
    await Promise.all(adapters.map((one) => settled(one.stop())));
    await sim.stop();
  });
  if (start) {
    await adapter.start(async (event) => {
      events.push(event);
      return inbox === undefined ? { outcome: 'accepted' } : inbox(event);
    });
    const webhook = (env['DINGTALK_MODE'] ?? 'stream') === 'webhook';
    await settled(
      until(() => adapter.health().state === 'up' && (webhook || sim.connections().length === 2)),
    );
  }
  const messages = (): readonly InboundMessage[] => events.filter((event) => event.type === 'message');
  const shown = (chat: SimChat): readonly MessageView[] =>
    sim.messages(chat.conversationId).filter(({ from }) => from.kind === 'bot');

  return {
    sim,
    clock,
    log,
    adapter,
    another,
    events,
    group,
    alice,
    bob,
    guest,
    settled,
    async hear({ chat = group, from = alice, said, ...more }) {
      const before = messages().length;
      sim.say({ chat, from, said, ...more });
      return settled(until(() => messages()[before]));
    },
    shown,
    card(chat) {
      const cards = shown(chat).flatMap(({ card }) => card ?? []);
      const [only] = cards;
      if (only === undefined || cards.length > 1) throw new Error(`${cards.length} cards, not one`);
      return only;
    },
    made() {
      const made = sim.calls().map(({ api }) => api);
      sim.clearCalls();
      return made.filter((api) => !/^(?:token|oauth2|gateway)/.test(api));
    },
  };
}

export function envOf(sim: DingTalkSimulator): Env {
  return {
    DINGTALK_CLIENT_ID: sim.app.clientId,
    DINGTALK_CLIENT_SECRET: sim.app.clientSecret,
    DINGTALK_BASE_URL: sim.url,
    DINGTALK_OAPI_BASE_URL: sim.oapiUrl,
    DINGTALK_CARD_TEMPLATE_ID: cardTemplate.id,
  };
}

type Surroundings = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly budget?: CallBudget | undefined;
  readonly proxyFor?: (url: URL) => string | undefined;
};

export async function createAdapter(env: Env, surroundings: Surroundings): Promise<Adapter> {
  const { clock, log, budget, proxyFor = () => undefined } = surroundings;
  const plan = dingtalkFactory.plan(env);
  if (plan.state !== 'ready') throw new Error(`not ready: ${JSON.stringify(plan)}`);
  const createBudget = (limits: readonly CallLimit[]): CallBudget =>
    budget ?? createCallBudget({ limits, clock });
  return plan.create(createDeps({ clock, log, createBudget, proxyFor }));
}

export const text = (words: string) => ({ kind: 'text', text: words }) as const;

export const stopButton = { id: 'turn-key-0000000.stop', kind: 'stop', label: '停止' } as const;
export const endButtons = [
  { id: 'turn-key-0000000.retry', kind: 'retry', label: '重试' },
  { id: 'turn-key-0000000.good', kind: 'good', label: '👍', chosen: true },
  { id: 'turn-key-0000000.bad', kind: 'bad', label: '👎' },
] as const;

export function growing(markdown: string, part: Partial<Snapshot> = {}): Snapshot {
  return {
    markdown,
    progress: '正在思考…',
    buttons: [stopButton],
    preview: markdown.slice(0, 20) || '正在思考…',
    ...part,
  };
}

export function ended(
  markdown: string,
  part: Partial<Snapshot> = {},
  status: ReplyOutcome['status'] = 'complete',
): ReplyOutcome {
  const snapshot = {
    markdown,
    buttons: endButtons,
    footer: 'Qwen3 · 3.2 秒',
    preview: markdown.slice(0, 20),
  };
  return { status, snapshot: { ...snapshot, ...part } };
}

export function opening(message: InboundMessage, part: Partial<ReplyOpening> = {}): ReplyOpening {
  return { target: message.replyTarget, first: growing(''), key: 'turn-1-0', maybeSent: false, ...part };
}

/** As if it had been stored and read back. */
export const stored = (handle: ReplyHandle): ReplyHandle => JSON.parse(JSON.stringify(handle)) as ReplyHandle;

export async function wordsOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
