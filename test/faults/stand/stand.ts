import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Sent } from '../../contract/harness.ts';
import type { Integration } from '../../e2e/integrations.ts';
import type { Stage } from '../../e2e/stage.ts';
import { createRandom } from '../../simulators/feishu/random.ts';
import { startQwenSimulator } from '../../simulators/qwen/start.ts';
import type { QwenSimulator } from '../../simulators/qwen/types.ts';
import type { ServiceEnvironment } from '../../support/service-process.ts';
import { controlVariable, writeOrders, type Orders } from '../failpoints/control.ts';
import { startTcpProxy, type TcpProxy } from '../proxy/tcp-proxy.ts';
import { openRunDatabase, type EngineName, type RunDatabase } from './database.ts';
import { answerToAll, markOf, marksIn } from './marks.ts';
import { placeProxies, type Network } from './network.ts';
import { findFaults, tally, unfinished, type Asked, type Seen, type Where } from './oracle.ts';
import { createReplica, type Replica } from './replica.ts';
import { createLeakFinder } from './leaks.ts';

/** A conversation, and who speaks in it. */
export type Spot = { readonly where: Where; readonly from: 'asker' | 'colleague' };

export const spots: readonly [Spot, Spot, Spot] = [
  { where: 'direct', from: 'asker' },
  { where: 'group', from: 'asker' },
  { where: 'group', from: 'colleague' },
];

export type StandOptions = {
  readonly integration: Integration;
  readonly engine: EngineName;
  readonly replicas: number;
  readonly seed: number;
  readonly environment?: ServiceEnvironment;
  /** The address of a PostgreSQL, where one is needed. */
  readonly server: () => Promise<string>;
  /** Proxies stand before the model server, the platform and the database. */
  readonly proxied?: boolean;
};

/** The whole way in real processes, everything that was seen on it recorded: platform, service, model, database. */
export type Stand = {
  readonly stage: Stage;
  readonly qwen: QwenSimulator;
  readonly database: RunDatabase;
  readonly replicas: readonly Replica[];
  /** The first replica; with one there is no other. */
  readonly service: Replica;
  readonly network: Network | undefined;
  readonly random: () => number;
  /** Somebody asks something; the same message can be delivered again. */
  ask(spot: Spot, pictures?: readonly Uint8Array[]): Message;
  command(spot: Spot, text: string): Message;
  /** What the platform does until it has an acknowledgement; once more does no harm. */
  redeliver(message: Message, times: number): void;
  /** Every message so far, once more, where this platform does that. */
  redeliverAll(messages?: readonly Message[]): void;
  readonly messages: readonly Message[];
  /** What the processes are to suffer from now on. */
  order(orders: Orders): void;
  /** Starts a replica and resolves when it is ready and the platform reaches the service. */
  bringUp(replica?: Replica): Promise<void>;
  /** After a kill and before the next start: notes whose end was decided, and perhaps sent, but not stored as shown. */
  noteCutOff(): Promise<void>;
  /** From now on the bot may write of its own accord (alerts). */
  expectAlerts(): void;
  see(): Promise<Seen>;
  /** Resolves with the milliseconds it took until everything had come to its end; undefined if it did not in time. */
  settle(withinMs: number): Promise<number | undefined>;
  /** What is wrong with everything seen so far, with the state of affairs if something is. */
  judge(): Promise<readonly string[]>;
  tally(): Promise<ReturnType<typeof tally>>;
  stop(): Promise<void>;
};

export type Message = Asked & { readonly sent: Sent };

const preload = fileURLToPath(new URL('../failpoints/preload.ts', import.meta.url));
/** What must appear nowhere but where it is meant to go. */
const modelKey = 'canary-key-of-the-model-5d1f';
const pollMs = 25;
const reachWithinMs = 30_000;

type Surroundings = Pick<Stand, 'stage' | 'qwen' | 'database' | 'network' | 'random'> & {
  readonly front: TcpProxy;
  readonly control: string;
};

async function surround(options: StandOptions, ports: () => readonly number[]): Promise<Surroundings> {
  const random = createRandom(options.seed);
  const stage = await options.integration.create();
  const qwen = await startQwenSimulator({
    apiKey: modelKey,
    speed: { firstTokenDelayMs: 20, tokensPerSecond: 600 },
    answer: ({ messages }) => ({ text: answerToAll(messages.at(-1)?.text ?? '') }),
    memory: 100_000,
  });
  const database = await openRunDatabase(options.engine, options.server);
  const environment = {
    ...stage.environment,
    QWEN_BASE_URL: qwen.baseUrl,
    ...database.environment,
  };
  const network = options.proxied === true ? await placeProxies(environment, random) : undefined;
  const front = await startTcpProxy({ targets: ports, random });
  await stage.point(front.port);
  return { random, stage, qwen, database, network, front, control: join(database.folder(0), 'orders.json') };
}

function environmentOf({ stage, qwen, database, network, control }: Surroundings, options: StandOptions) {
  return {
    ...(network?.environment ?? {
      ...stage.environment,
      QWEN_BASE_URL: qwen.baseUrl,
      ...database.environment,
    }),
    QWEN_API_KEY: modelKey,
    NODE_OPTIONS: `--import=${preload}`,
    [controlVariable]: control,
    ...options.environment,
  };
}

/**
 * DingTalk's messages have no idempotency key, and nothing tells afterwards whether one was taken (docs/faults.md). Only
 * what goes into a card is told apart; commands never do.
 */
function keylessOf({ name, traits }: Integration): Seen['keyless'] {
  if (!name.startsWith('DingTalk')) return 'nothing';
  return traits.live ? 'commands' : 'everything';
}

/** Everything but the service itself runs when this resolves; `bringUp` starts that. */
export async function startStand(options: StandOptions): Promise<Stand> {
  const replicas: Replica[] = [];
  const surroundings = await surround(options, () =>
    replicas.filter((replica) => replica.serving()).map(({ port }) => port),
  );
  const { stage, qwen, database, random, network, front, control } = surroundings;
  const leaks = createLeakFinder([...stage.secrets, ...database.secrets, modelKey]);
  const environment = environmentOf(surroundings, options);
  for (let index = 0; index < options.replicas; index += 1) {
    const folder = database.folder(index);
    const onEnded = (output: string): void => leaks.look('the log', output);
    replicas.push(await createReplica({ index, folder, environment, onEnded }));
  }
  const [service] = replicas;
  if (service === undefined) throw new Error('a stand needs at least one replica');
  const messages: Message[] = [];
  const cutOff: string[] = [];
  let alerts = false;

  function send(spot: Spot, mark: string | undefined, said: Parameters<Stage['say']>[0]): Message {
    const sent = stage.say(said);
    const message = { ...spot, mark, sent, certain: stage.traits.redelivers };
    messages.push(message);
    return message;
  }

  async function see(): Promise<Seen> {
    const shown = { direct: await stage.replies('direct'), group: await stage.replies('group') };
    for (const { words } of [...shown.direct, ...shown.group]) leaks.look('a reply', words);
    const requests = qwen.chats.map(({ question }) => {
      const text = (question?.messages ?? []).map((message) => message.text).join('\n');
      leaks.look('a request to the model', text);
      return marksIn(text);
    });
    return {
      asked: messages,
      turns: await database.turns(),
      shown,
      requests,
      refused: stage.refused(),
      leaks: leaks.found(),
      alerts,
      cutOff,
      keyless: keylessOf(options.integration),
    };
  }

  /** Two people ask here for a whole company; where nobody may steer the service, runs are short enough. */
  async function liftLimits(): Promise<void> {
    stand.command(spots[0], '/limit person none/min none/day');
    if ((await stand.settle(reachWithinMs)) === undefined) throw new Error('the limits were not lifted');
  }

  const stand: Stand = {
    stage,
    qwen,
    database,
    replicas,
    service,
    network,
    random,
    messages,
    ask(spot, pictures = []) {
      const mark = markOf(messages.length);
      const said = pictures.length === 0 ? {} : { pictures };
      return send(spot, mark, { ...spot, text: `${mark} 是什么？`, ...said });
    },
    command: (spot, text) => send(spot, undefined, { ...spot, text }),
    redeliver: ({ sent }, times) => stage.redeliver(sent, times),
    redeliverAll(which = messages) {
      // A platform that has all its acknowledgements has no reason to.
      if (stage.traits.redelivers && !stage.settled()) for (const { sent } of which) stage.redeliver(sent, 1);
    },
    order: (orders) => writeOrders(control, orders),
    async bringUp(replica = service) {
      await replica.start();
      await replica.ready();
      const giveUpAt = performance.now() + reachWithinMs;
      while (!stage.reachable()) {
        if (performance.now() > giveUpAt) throw new Error('the platform does not reach the service');
        await wait(pollMs);
      }
      if (messages.length === 0 && stage.traits.forgeable !== true) await liftLimits();
    },
    async noteCutOff() {
      const decided = (await database.turns()).filter(({ state }) => state === 'finalising');
      cutOff.push(...decided.map(({ id }) => id));
    },
    expectAlerts: () => (alerts = true),
    see,
    async settle(withinMs) {
      const startedAt = performance.now();
      for (;;) {
        const open = await see().then(unfinished, () => ['the database cannot be read']);
        const tookMs = performance.now() - startedAt;
        if (open.length === 0) return tookMs;
        if (tookMs > withinMs) return undefined;
        await wait(pollMs);
      }
    },
    async judge() {
      for (const replica of replicas) leaks.look('the log', replica.output());
      return findFaults(await see());
    },
    tally: async () => tally(await see()),
    async stop() {
      for (const replica of replicas) if (replica.alive()) await replica.end('SIGKILL');
      await Promise.all([stage.stop(), qwen.stop(), front.stop(), network?.stop()]);
      await database.remove();
    },
  };
  return stand;
}
