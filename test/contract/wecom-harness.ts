import { setTimeout as wait } from 'node:timers/promises';
import type { Adapter } from '../../src/contract/adapter.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import { words } from '../../adapters/wecom/words.ts';
import type { FakeClock } from '../fakes/clock.ts';
import { startWeComSimulator, type WeComSimulator } from '../simulators/wecom/simulator.ts';
import type { MessageView } from '../simulators/wecom/views.ts';
import type { SimChat, SimMessage, SimUser } from '../simulators/wecom/world-types.ts';
import type { CreateHarness, Harness, Person, Traits } from './harness.ts';
import {
  createWeComAdapter,
  pointWeCom,
  wecomEnvironment,
  wecomSecrets,
  wecomTraits,
  type WeComIntegration,
} from './wecom-integration.ts';
import { apiFaults, forgeWeCom, frameFaults, mediaFaults, toShown, toWeCom } from './wecom-messages.ts';
import { serveWebhooks, type WebhookServer } from './webhook-server.ts';

/** WeCom, simulated, over real sockets. */
export const wecomHarness =
  (integration: WeComIntegration, traits: Traits = wecomTraits[integration]): CreateHarness =>
  async ({ clock }) => {
    const sim = await startWeComSimulator({
      clock: apart(clock),
      // Without a blank: what the adapter makes of names with blanks has tests of its own.
      corp: { botName: 'Qwen助手' },
      limits: { retryDelayMs: 1_000 },
    });
    const harness = createWeComHarness(sim, integration);
    return integration === 'bot-webhook' ? asPolled(harness, sim, clock, traits) : { ...harness, traits };
  };

/** The people and places of the suites. */
export type WeComWorld = {
  readonly people: Readonly<Record<Person, SimUser>>;
  readonly group: SimChat;
  /** Of a person with the bot, or with the app. */
  chatOf(where: string, from: SimUser): SimChat;
  messageOf(id: string): SimMessage;
};

function createWorld(sim: WeComSimulator, integration: WeComIntegration): WeComWorld {
  const people = {
    asker: sim.addUser({ name: '小红', userId: 'XiaoHong' }),
    colleague: sim.addUser({ name: '小明', userId: 'bob' }),
  };
  const group = sim.addGroup({ name: '财务群', members: Object.values(people) });
  return {
    people,
    group,
    chatOf(where, from) {
      if (where === 'group') return group;
      return integration === 'app' ? sim.appChat(from) : sim.directChat(from);
    },
    messageOf(id) {
      const message = sim.message(id);
      if (message === undefined) throw new Error(`nobody has sent ${id}`);
      return message;
    },
  };
}

/** The same on a simulator that runs already, whose own looks at streams are all the looks there are. */
export function createWeComHarness(
  sim: WeComSimulator,
  integration: WeComIntegration,
): Harness & { readonly world: WeComWorld } {
  const world = createWorld(sim, integration);
  const { people, chatOf, messageOf } = world;
  /** By their webhooks: an adapter may be remade around them. */
  const servers = new Map<Adapter['webhooks'], WebhookServer>();
  let posted: WebhookServer | undefined;

  return {
    world,
    traits: wecomTraits[integration],
    secrets: wecomSecrets(sim),
    redeliveryMs: 6_000,
    async createAdapter(deps, credentials) {
      const adapter = await createWeComAdapter(sim, wecomEnvironment(sim, integration, credentials), deps);
      if (integration !== 'bot') servers.set(adapter.webhooks, await serveWebhooks(adapter));
      return adapter;
    },
    reachable(adapter) {
      const server = servers.get(adapter.webhooks);
      if (server === undefined) return sim.connections().some((connection) => connection.subscribed());
      posted = server;
      pointWeCom(sim, integration, server.url);
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
      const delivery = sim.deliveries().find(({ messageId }) => messageId === id);
      if (delivery === undefined || delivery.attempts.length === 0) return undefined;
      return delivery.state === 'delivered';
    },
    redeliver: ({ id }) => void sim.redeliver(messageOf(id)),
    recall: () => undefined, // nobody is told
    join: () =>
      void (integration === 'app' ? sim.appEvent('enter_agent', people.asker) : sim.enterChat(people.asker)),
    press: async () => undefined, // there are no buttons
    fail(failure, _step, times) {
      if (integration === 'app') return sim.fault('*', apiFaults[failure], times);
      sim.frameFault('*', frameFaults[failure], times);
      sim.fault('media.download', mediaFaults[failure], times);
    },
    mend: () => sim.clearFaults(),
    replies: async (where) => saidByBot(sim, chatOf(where, people.asker)).map(toShown),
    calls: () => sim.calls().filter(({ api }) => api !== 'ping').length,
    refused: () =>
      sim
        .refused()
        .filter(({ fault }) => fault === undefined)
        .map(({ api, code, message }) => `${api} ${code} ${message}`),
    received: () => posted?.received() ?? [],
    forge: forgeWeCom,
    async stop() {
      await sim.stop();
      await Promise.all([...servers.values()].map((server) => server.stop()));
    },
  };
}

function saidByBot(sim: WeComSimulator, { chatId }: SimChat): readonly MessageView[] {
  return sim.messages(chatId).filter(({ from }) => from.kind === 'bot');
}

/**
 * Whoever looks at the replies sees what WeCom would have fetched within a second. By webhook a message has a bubble at
 * once, also one that nobody answers: such a bubble is no reply.
 */
function asPolled(
  harness: ReturnType<typeof createWeComHarness>,
  sim: WeComSimulator,
  clock: FakeClock,
  traits: Traits,
): Harness {
  const { chatOf, people, messageOf } = harness.world;
  return {
    ...harness,
    traits,
    async replies(where) {
      const chat = chatOf(where, people.asker);
      for (const { stream, answersId } of saidByBot(sim, chat)) {
        if (stream?.state === 'streaming' && answersId !== undefined)
          await whileTimePasses(sim.refreshStream(messageOf(answersId), stream.streamId), clock);
      }
      return saidByBot(sim, chat).filter(isOpened).map(toShown);
    },
  };
}

/** What the bubble of a message shows that was handed to a process and never answered, there or in the next one. */
const UNOPENED: ReadonlySet<string> = new Set(['', words.endedStream]);

function isOpened({ stream }: MessageView): boolean {
  return stream === undefined || !UNOPENED.has(stream.thinking + stream.answer);
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

/** The same time, but `sleeping` does not count what the platform waits for, such as its next look at a stream. */
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
