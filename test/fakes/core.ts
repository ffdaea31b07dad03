import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/clock.ts';
import type { AllowEntry } from '../../src/config/types.ts';
import type { AssistantBook } from '../../src/assistants/book.ts';
import { openAdminCode } from '../../src/core/admin-code.ts';
import { openPolicy, type PolicyBook } from '../../src/core/policy.ts';
import { createCore, type Core, type CoreServices } from '../../src/core/core.ts';
import type { Logger } from '../../src/contract/runtime.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createFakeAdapter, fakeMessage, type FakeAdapter, type FakeAdapterOptions } from './adapter.ts';
import { createFakeModel, type FakeModel } from './model.ts';
import { leasesOf } from './leases.ts';
import { silentLog } from './log.ts';
import { quietServices } from './quiet-services.ts';

export { silentLog };

export type World = {
  readonly adapter: FakeAdapter;
  readonly model: FakeModel;
  readonly store: Store;
  readonly policy: PolicyBook;
  /** Where the code of the first administrator lies while there is none. */
  readonly adminCodeFile: string;
  core: Core;
  /** Thumbs that were counted, as `adapter verdict`. */
  readonly judged: string[];
  /** Lines of the log, as `message fields`. */
  readonly logged: string[];
  /** Says something and gives back what its reply says at its end. */
  say(text: string, parts?: Parameters<typeof fakeMessage>[0]): Promise<string>;
  /** Waits until the condition holds. */
  until(condition: () => boolean, what?: string): Promise<void>;
  /** A new process on the same store: the old one is forgotten as `kill -9` would. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

export type WorldOptions = FakeAdapterOptions & {
  readonly admins?: readonly string[];
  readonly allow?: readonly AllowEntry[];
  readonly groupContext?: 'user' | 'group';
  readonly diagnose?: CoreServices['diagnose'];
  readonly assistants?: AssistantBook;
  /** Further platforms, each with an id of its own. */
  readonly beside?: readonly FakeAdapter[];
};

/** The real core on a real store, with a platform and a model in memory. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-core-'));
  const adapter = createFakeAdapter(options);
  const model = createFakeModel();
  const store = await openStore({ file: join(folder, 'bridge.db') }, systemClock);
  const configured = {
    admins: (options.admins ?? []).map((id) => ({ platform: adapter.platform, id })),
    allow: options.allow,
  };
  const policy = await openPolicy(store.policy, configured, options.groupContext ?? 'user');
  const adminCodeFile = join(folder, 'admin-code');
  const logged: string[] = [];
  const judged: string[] = [];
  const line = (fields: object, message: string): void => {
    const error = (fields as { error?: unknown }).error;
    logged.push(`${message} ${JSON.stringify(fields)} ${error instanceof Error ? (error.stack ?? '') : ''}`);
  };
  const log: Logger = { ...silentLog, info: line, warn: line, error: line };
  const { randomByte } = quietServices;
  const code = { file: adminCodeFile, policy, store, clock: systemClock, randomByte, log };
  const build = async (): Promise<Core> =>
    createCore({
      ...quietServices,
      adminCode: await openAdminCode(code),
      config: {
        ...quietServices.config,
        conversation: {
          ...quietServices.config.conversation,
          groupContext: options.groupContext ?? 'user',
        },
      },
      adapters: new Map([adapter, ...(options.beside ?? [])].map((one) => [one.id, one])),
      store,
      leases: leasesOf(store),
      policy,
      ...(options.assistants === undefined ? {} : { assistants: options.assistants }),
      model,
      clock: systemClock,
      random: Math.random,
      uuid: randomUUID,
      log,
      ...(options.diagnose === undefined ? {} : { diagnose: options.diagnose }),
      judged: (adapterId, verdict) => void judged.push(`${adapterId} ${verdict}`),
    });
  const world: World = {
    adapter,
    model,
    store,
    policy,
    adminCodeFile,
    core: await build(),
    logged,
    judged,
    async say(text, parts = {}) {
      const before = adapter.replies.length;
      await world.core.inbox(fakeMessage({ text, ...parts }));
      await world.until(() => adapter.replies[before]?.outcome !== undefined, text);
      return adapter.replies[before]?.states.at(-1)?.markdown ?? '';
    },
    async until(condition, what = 'condition') {
      const giveUpAt = Date.now() + 10_000;
      while (!condition()) {
        if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}\n${logged.join('\n')}`);
        await systemClock.sleep(5);
      }
    },
    async restart() {
      world.core = await build();
      await world.core.recover();
    },
    async close() {
      await world.core.drain(0);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}
