import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter } from '../../src/contract/adapter.ts';
import type { InboundNotice } from '../../src/contract/inbound.ts';
import { openAdminCode } from '../../src/core/admin-code.ts';
import { createCore, type Core } from '../../src/core/core.ts';
import { openPolicy } from '../../src/core/policy.ts';
import { openStore } from '../../src/store/store.ts';
import { createSurroundings, type Surroundings } from '../contract/surroundings.ts';
import { serveWebhooks } from '../contract/webhook-server.ts';
import {
  createWeComAdapter,
  pointWeCom,
  wecomEnvironment,
  type WeComIntegration,
} from '../contract/wecom-integration.ts';
import { createFakeModel, type FakeModel } from '../fakes/model.ts';
import type { WeComLimits } from '../simulators/wecom/rules.ts';
import { startWeComSimulator, type WeComSimulator } from '../simulators/wecom/simulator.ts';
import type { MessageView } from '../simulators/wecom/views.ts';
import type { SimMessage, SimUser } from '../simulators/wecom/world-types.ts';
import { leasesOf } from '../fakes/leases.ts';
import { quietServices } from '../fakes/quiet-services.ts';

/**
 * The real core and adapter in front of the simulator, over real sockets, on one clock that the test moves: for what
 * takes minutes. Only the model is in memory.
 */
export type WeComCore = Surroundings & {
  readonly sim: WeComSimulator;
  readonly adapter: Adapter;
  readonly model: FakeModel;
  readonly notices: readonly InboundNotice[];
  readonly alice: SimUser;
  /** Alice asks in her own chat. */
  ask(text: string): SimMessage;
  /** What stands there of the bot, oldest first. */
  shown(): readonly MessageView[];
  /** From now on what comes in is stored only after `release`. */
  holdStore(): { release(): void };
  /** Waits until every question so far is answered to its end. */
  answered(): Promise<void>;
  end(): Promise<void>;
};

type WeComCoreOptions = {
  readonly limits?: Partial<WeComLimits>;
  /** 0 ≤ x < 1: what stands in for chance in the adapter. */
  readonly random?: number;
};

/** Ten minutes in some seconds; an exchange over a socket takes a fraction of a second of this time. */
const pace = { stepMs: 50, waitMs: 1, patienceMs: 1_800_000, idleMs: 40 };

export async function startWeComCore(
  integration: WeComIntegration,
  { limits = {}, random = 0.5 }: WeComCoreOptions = {},
): Promise<WeComCore> {
  const surroundings = createSurroundings(pace);
  const { clock, until, settled } = surroundings;
  const sim = await startWeComSimulator({ clock, corp: { botName: 'Qwen助手' }, limits });
  const alice = sim.addUser({ name: '小丽', userId: 'XiaoLi' });
  const chat = integration === 'app' ? sim.appChat(alice) : sim.directChat(alice);
  const deps = { ...surroundings.deps, random: () => random };
  const adapter = await createWeComAdapter(sim, wecomEnvironment(sim, integration), deps);
  const server = await serveWebhooks(adapter);
  pointWeCom(sim, integration, server.url);
  const folder = mkdtempSync(join(tmpdir(), 'bridge-wecom-'));
  const store = await openStore({ file: join(folder, 'bridge.db') }, clock);
  const model = createFakeModel();
  const notices: InboundNotice[] = [];
  const { random: chance, uuid, log } = surroundings.deps;
  const services = { ...quietServices, clock, random: chance, uuid, log };
  const policy = await openPolicy(store.policy, { admins: [], allow: undefined }, 'user');
  const core: Core = createCore({
    ...services,
    adapters: new Map([[adapter.id, adapter]]),
    store,
    leases: leasesOf(store, clock),
    policy,
    adminCode: await openAdminCode({
      ...services,
      file: join(folder, 'admin-code'),
      policy,
      store,
    }),
    model,
    onNotice: (notice) => notices.push(notice),
  });
  let stored: Promise<unknown> = Promise.resolve();
  await adapter.start(async (event) => {
    await stored;
    return core.inbox(event);
  });
  await until(() => adapter.health().state === 'up', 'the platform is reached');
  let asked = 0;

  return {
    ...surroundings,
    sim,
    adapter,
    model,
    notices,
    alice,
    ask(text) {
      asked += 1;
      return sim.say({ chat, from: alice, said: { kind: 'text', text } }).message;
    },
    shown: () => sim.messages(chat.chatId).filter(({ from }) => from.kind === 'bot'),
    holdStore() {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      stored = promise;
      return { release: () => resolve(undefined) };
    },
    answered: () =>
      until(() => model.asked.length === asked && core.running() === 0, 'every question is answered'),
    async end() {
      await settled(core.drain(0));
      await settled(adapter.stop());
      surroundings.stop();
      await Promise.all([server.stop(), sim.stop()]);
      await settled(store.close());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
