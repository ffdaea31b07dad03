import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter } from '../../src/contract/adapter.ts';
import type { ReplyHandle } from '../../src/contract/ids.ts';
import type { Admission, InboundAction, InboundEvent, InboundMessage } from '../../src/contract/inbound.ts';
import type { ReplySink } from '../../src/contract/reply.ts';
import { openAdminCode } from '../../src/core/admin-code.ts';
import { createCore } from '../../src/core/core.ts';
import { openPolicy } from '../../src/core/policy.ts';
import type { Turn } from '../../src/core/turn.ts';
import { turnOfOpeningKey } from '../../src/reply/live-reply.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { Harness, Said, Where } from '../contract/harness.ts';
import { createSurroundings, type Surroundings } from '../contract/surroundings.ts';
import { createFakeModel, type FakeModel } from '../fakes/model.ts';
import type { Platform } from './platforms.ts';
import { changing, type ChangingPolicy, type Somebody } from './roles.ts';
import { leasesOf } from '../fakes/leases.ts';
import { quietServices } from '../fakes/quiet-services.ts';

/** The real core and one platform's real adapter before its simulator, on one clock; only the model is in memory. */
export type MatrixStage = Surroundings & {
  readonly harness: Harness;
  readonly adapter: Adapter;
  readonly store: Store;
  readonly model: FakeModel;
  readonly policy: ChangingPolicy;
  readonly asker: Somebody;
  /** Of the same group; only there. */
  readonly colleague: Somebody;
  /** Places this platform has, of those of the suite. */
  readonly places: readonly Where[];
  /**
   * Says all of it at once; resolves with the messages as they came in, in the same order. In a group the bot is
   * mentioned unless `addressed` is false.
   */
  hear(said: readonly (Said & { readonly addressed?: false })[]): Promise<readonly InboundMessage[]>;
  /** What the message became, once its reply has ended; undefined: nothing at all. */
  ended(message: InboundMessage): Promise<Turn | undefined>;
  /** The words a person reads in the reply of that turn. */
  shown(turn: Turn): string;
  /** Waits until nothing is being answered. */
  quiet(): Promise<void>;
  /** What the presser of the newest button was told. */
  toast(press: () => Promise<unknown>): Promise<string | undefined>;
  end(): Promise<void>;
};

export type MatrixOptions = {
  /** Replies go to the platform, so that their buttons can be pressed; otherwise they are only written down. */
  readonly replies: 'real' | 'noted';
};

/** Messages are taken in milliseconds by sockets and store; replies then wait for no platform's pace. */
const pace = { stepMs: 25, waitMs: 1, patienceMs: 240_000, idleMs: 40 };

export async function createMatrixStage(platform: Platform, options: MatrixOptions): Promise<MatrixStage> {
  const surroundings = createSurroundings(pace);
  const { deps, until, settled } = surroundings;
  const harness = await platform.createHarness({ clock: surroundings.clock });
  const real = await harness.createAdapter(deps);
  const shown = new Map<string, string>();
  const adapter = options.replies === 'real' ? real : noting(real, shown);
  const folder = mkdtempSync(join(tmpdir(), 'bridge-rights-'));
  const store = await openStore({ file: join(folder, 'bridge.db') }, surroundings.clock);
  const policy = changing(await openPolicy(store.policy, { admins: [], allow: undefined }, 'user'));
  const model = createFakeModel();
  const { randomByte } = quietServices;
  const code = { ...deps, file: join(folder, 'admin-code'), policy, store, randomByte };
  const core = createCore({
    ...quietServices,
    adapters: new Map([[adapter.id, adapter]]),
    store,
    leases: leasesOf(store),
    policy,
    adminCode: await openAdminCode(code),
    model,
    clock: deps.clock,
    random: deps.random,
    uuid: deps.uuid,
    log: deps.log,
  });
  const messages: InboundMessage[] = [];
  const toasts: (Admission & { readonly action: InboundAction })[] = [];
  const inbox = async (event: InboundEvent): Promise<Admission> => {
    const admission = await core.inbox(event);
    if (event.type === 'message') messages.push(event);
    if (event.type === 'action') toasts.push({ ...admission, action: event });
    return admission;
  };
  await settled(real.start(inbox));
  await until(() => real.health().state === 'up' && harness.reachable(real), 'the platform is reached');
  await policy.setLimit({
    kind: 'each-person',
    platform: '',
    id: '',
    requestsPerMinute: 'unlimited',
    tokensPerDay: 'unlimited',
  });

  async function hear(
    said: readonly (Said & { readonly addressed?: false })[],
  ): Promise<readonly InboundMessage[]> {
    const before = messages.length;
    for (const { addressed = true, ...one } of said) {
      const mention = addressed && one.where !== 'direct' ? '@{bot} ' : '';
      harness.say({ ...one, text: `${mention}${one.text ?? ''}` });
    }
    await until(() => messages.length >= before + said.length, 'everything said has come in');
    const came = messages.slice(before);
    return said.map(({ text }) =>
      found(
        came.find((message) => message.text === text),
        text ?? '',
      ),
    );
  }
  async function ended(message: InboundMessage): Promise<Turn | undefined> {
    const { place, eventKey } = message;
    let turn = await store.turns.byEvent(place.adapter, eventKey);
    if (turn === undefined) return undefined;
    await until(async () => {
      turn = await store.turns.byEvent(place.adapter, eventKey);
      return turn?.state === 'done' || turn?.state === 'failed';
    }, `the end of ${message.text}`);
    return turn;
  }
  const [direct] = await hear([{ where: 'direct', text: '/whoami' }]);
  const [inGroup] = harness.traits.groups ? await hear([{ where: 'group', text: '/whoami' }]) : [];
  for (const message of [direct, inGroup]) if (message !== undefined) await ended(message);
  const { platform: named } = real;
  const person = found(direct, 'a first message').sender.key;
  const [other] = harness.traits.groups
    ? await hear([{ where: 'group', from: 'colleague', text: '/whoami' }])
    : [];
  if (other !== undefined) await ended(other);
  const group = inGroup?.place.chat;

  return {
    ...surroundings,
    harness,
    adapter,
    store,
    model,
    policy,
    asker: { platform: named, person, group },
    colleague: { platform: named, person: other?.sender.key ?? person, group },
    places: [
      'direct',
      ...(harness.traits.groups ? (['group'] as const) : []),
      ...(harness.traits.topics ? (['topic'] as const) : []),
    ],
    hear,
    ended,
    shown: ({ id }) => shown.get(id) ?? '',
    quiet: () => until(() => core.running() === 0, 'every answer has ended'),
    async toast(press) {
      const before = toasts.length;
      await settled(press());
      await until(() => toasts.length > before, 'the press has come in');
      return toasts.at(-1)?.toast;
    },
    async end() {
      await settled(core.drain(0));
      await settled(real.stop());
      surroundings.stop();
      await harness.stop();
      await settled(store.close());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes replies down instead of sending them: who may do what is decided before, and platforms take their time. */
function noting(adapter: Adapter, shown: Map<string, string>): Adapter {
  const sink = (key: string): ReplySink => ({
    handle: { key } as unknown as ReplyHandle,
    update: async () => undefined,
    close: async ({ snapshot }) => void shown.set(turnOfOpeningKey(key), snapshot.markdown),
  });
  return {
    ...adapter,
    async openReply({ key, first, whole }) {
      if (whole !== undefined) shown.set(turnOfOpeningKey(key), first.markdown);
      return sink(key);
    },
    resumeReply: async (handle) => sink((handle as unknown as { readonly key: string }).key),
    send: async () => undefined,
  };
}

function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`there is not ${what}`);
  return value;
}
