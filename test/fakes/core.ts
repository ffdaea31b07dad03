import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock } from '../../src/clock.ts';
import type { AllowEntry } from '../../src/config/types.ts';
import { emptyBook, type AssistantBook } from '../../src/assistants/book.ts';
import { openAdminCode } from '../../src/core/admin-code.ts';
import { openPolicy, type PolicyBook } from '../../src/core/policy.ts';
import { createCore, type Core, type CoreServices } from '../../src/core/core.ts';
import type { Logger } from '../../src/contract/runtime.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { ImagePreparer } from '../../src/media/types.ts';
import { createFakeAdapter, type FakeAdapter, type FakeAdapterOptions } from './adapter.ts';
import { createFakeModel, type FakeModel } from './model.ts';
import { leasesOf } from './leases.ts';
import { silentLog } from './log.ts';

export { silentLog };

/**
 * Takes the first byte for the picture: `1` is a 64 × 64 picture, `2` a long one that becomes as many images as it may
 * and would have become more, anything else is corrupt.
 */
export const fakePreparer: ImagePreparer = {
  prepare: async (bytes, maxImages) => {
    const [kind] = bytes;
    if (kind !== 1 && kind !== 2) return { ok: false, code: 'corrupt' };
    const image = { mime: 'image/png', bytes, width: 64, height: 64 } as const;
    const images = Array.from({ length: kind === 1 ? 1 : maxImages }, () => image);
    return { ok: true, reduced: false, endLeftOut: kind === 2, images };
  },
  stop: async () => undefined,
};

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

async function* nothingToDiagnose(): AsyncGenerator<never, void> {}

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
  const randomByte = (): number => randomBytes(1)[0] ?? 0;
  const code = { file: adminCodeFile, policy, store, clock: systemClock, randomByte, log };
  const build = async (): Promise<Core> =>
    createCore({
      adminCode: await openAdminCode(code),
      config: {
        conversation: {
          systemPrompt: undefined,
          groupContext: options.groupContext ?? 'user',
          maxMessageAgeMs: 8 * 60 * 60_000,
          assistantsFile: undefined,
        },
        locale: 'zh',
        timeZone: 'Asia/Shanghai',
        retention: { days: 30, mediaHours: 24 },
      },
      adapters: new Map([adapter, ...(options.beside ?? [])].map((one) => [one.id, one])),
      store,
      leases: leasesOf(store),
      policy,
      assistants: options.assistants ?? emptyBook,
      model,
      preparer: fakePreparer,
      clock: systemClock,
      random: Math.random,
      randomByte,
      uuid: randomUUID,
      log,
      version: 'test',
      diagnose: options.diagnose ?? nothingToDiagnose,
      ended: () => undefined,
      answered: () => undefined,
      ledger: { use: () => ({ today: 0, month: 0, forecast: 0 }) },
      judged: (adapterId, verdict) => void judged.push(`${adapterId} ${verdict}`),
      counted: () => undefined,
      onNotice: () => undefined,
      onPace: () => undefined,
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
