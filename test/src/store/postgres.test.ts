import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { EventKey } from '../../../src/contract/ids.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { NewerSchemaError } from '../../../src/store/migrations.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import {
  ask as run,
  createSchema,
  postgresIsMissing,
  postgresUrl,
  type TestSchema,
} from '../../fakes/postgres.ts';
import { postgresPassword, startPostgresServer, type PostgresServer } from '../../fakes/postgres-server.ts';
import { freePort } from '../../support/service-process.ts';
import { startCutProxy, type CutProxy } from './suite/cut-proxy.ts';
import { createTestLog, sqlitePlace } from './suite/engines.ts';
import { adapter, ask, groupScope, morning, turnId } from './suite/stage.ts';

const shared = await postgresUrl();
const describePostgres = (title: string, behaviours: () => void): void => {
  if (shared === undefined) describe.skip(postgresIsMissing, () => it(title));
  else describe(title, behaviours);
};
const serverUrl = shared ?? '';

let schema: TestSchema;
let opened: Store[] = [];
const log = createTestLog();
async function open(url: string): Promise<Store> {
  const store = await openStore({ url, log, uuid: randomUUID }, systemClock);
  opened.push(store);
  return store;
}
async function closeAll(): Promise<void> {
  await Promise.all(opened.map((store) => store.close()));
  opened = [];
}
const eventKey = (name: string): EventKey => name as EventKey;

describePostgres('a shared database', () => {
  beforeEach(async () => {
    schema = await createSchema(serverUrl);
  });
  afterEach(async () => {
    await closeAll();
    await schema.drop();
  });

  it('is built once when several replicas start at once', async () => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(schema.url)));
    for (const store of stores) expect(await store.turns.unfinished()).toEqual([]);
  });

  it('that a newer version wrote is refused and not changed', async () => {
    await (await open(schema.url)).close();
    await run(schema.url, "update meta set value = '999'");
    const refused = open(schema.url);
    await expect(refused).rejects.toThrow(NewerSchemaError);
    await expect(refused).rejects.toThrow(/newer version.*schema 999/);
  });

  it('gives each event to one of several replicas, whatever the order they hear of them in', async () => {
    const stores = await Promise.all([open(schema.url), open(schema.url), open(schema.url)]);
    const keys = Array.from({ length: 300 }, (_, index) => eventKey(`shared-${index}`));
    const orders = [keys, keys.toReversed(), keys.toSorted()];
    const outcomes = await Promise.all(
      stores.flatMap((store, index) =>
        (orders[index] ?? []).map((key) => store.turns.admit({ adapter, eventKey: key, at: morning })),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'new')).toHaveLength(keys.length);
    expect(outcomes).toHaveLength(3 * keys.length);
  });

  it('lets replicas that decide at the same moment see what the other decided', async () => {
    const stores = [await open(schema.url), await open(schema.url)];
    const allowed = 5;
    // Each takes a question only while fewer than five stand there.
    const one = (store: Store, name: string) =>
      store.turns.admit({
        adapter,
        eventKey: eventKey(name),
        at: morning,
        turnIfNew: async (counter) => {
          if ((await counter.nthLatest({}, allowed, 0)) !== undefined) return undefined;
          return {
            id: turnId(name),
            kind: 'question',
            scope: groupScope,
            message: fakeMessage(),
            buttonKey: name,
            acceptedAt: morning,
          };
        },
      });
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        stores.map((store, who) => one(store, `q${index}o${who}`)),
      ).flat(),
    );
    expect(await stores[0]?.turns.unfinished()).toHaveLength(allowed);
  });

  it('goes on without a replica that stands still in the middle of a write', async () => {
    const [stopped, other] = [await open(schema.url), await open(schema.url)];
    let wake: (() => void) | undefined;
    let decided = 0;
    const held = stopped.turns.admit({
      adapter,
      eventKey: eventKey('held'),
      at: morning,
      turnIfNew: async () => {
        decided += 1;
        if (decided === 1) await new Promise<void>((resolve) => (wake = resolve));
        return undefined;
      },
    });
    await vi.waitFor(() => expect(wake).toBeDefined());
    expect(await other.turns.admit({ adapter, eventKey: eventKey('other'), at: morning })).toBe('new');
    expect(await other.turns.admit({ adapter, eventKey: eventKey('held'), at: morning })).toBe('new');
    wake?.();
    // What it had decided before counts no more: meanwhile the event was taken elsewhere.
    expect(await held).toBe('duplicate');
  });

  it('that is not there is waited for, then named by its place', async () => {
    let passedMs = 0;
    const clock: Clock = {
      now: () => new Date(morning + passedMs),
      sleep: async (milliseconds) => void (passedMs += milliseconds),
    };
    const away = new URL(schema.url);
    away.port = String(await freePort());
    const opening = openStore({ url: away.href, log: createTestLog(), uuid: randomUUID }, clock);
    await expect(opening).rejects.toThrow(`${away.host}/postgres cannot be reached (ECONNREFUSED)`);
    expect(passedMs).toBeGreaterThan(30_000);
  });

  it('tells what is wrong without the password', async () => {
    const wrong = new URL(schema.url);
    wrong.password = 'canary-wrong';
    const missing = new URL(schema.url);
    missing.pathname = '/no-such-database';
    const away = new URL(schema.url);
    away.searchParams.set('options', '-c search_path=no_such_schema');
    const failures = await Promise.allSettled([wrong, missing, away].map(({ href }) => open(href)));
    const said = failures.map((failure) => (failure.status === 'rejected' ? String(failure.reason) : ''));
    expect(said[0]).toMatch(/127\.0\.0\.1:\d+\/postgres refuses the user or the password/);
    expect(said[1]).toMatch(/has no database of that name/);
    expect(said[2]).toMatch(/has no schema of that name/);
    for (const secret of ['canary-wrong', postgresPassword, encodeURIComponent(postgresPassword)])
      expect(said.join()).not.toContain(secret);
  });
});

describePostgres('a commit whose answer is lost', () => {
  let proxy: CutProxy;
  beforeEach(async () => {
    schema = await createSchema(serverUrl);
    proxy = await startCutProxy(schema.url);
  });
  afterEach(async () => {
    await closeAll();
    await proxy.stop();
    await schema.drop();
  });

  it.each(['before', 'after'] as const)(
    'is neither taken for done nor done twice: cut %s the server heard of it',
    async (when) => {
      const store = await open(proxy.url);
      for (let round = 0; round < 5; round += 1) {
        proxy.cutNextCommit(when);
        // New for the one who asks, although it may stand in the database already.
        await ask(store, `q${round}`);
        await Promise.all([
          store.calls.add([{ platform: 'fake', day: '2026-11-20', api: 'send', count: 1 }]),
          ask(store, `r${round}`),
        ]);
      }
      expect(proxy.cuts()).toBe(5);
      expect(await store.turns.unfinished()).toHaveLength(10);
      expect(await store.calls.since('')).toMatchObject([{ count: 5 }]);
    },
  );

  it('does not add up twice either', async () => {
    const store = await open(proxy.url);
    for (const when of ['after', 'before', 'after'] as const) {
      proxy.cutNextCommit(when);
      await store.calls.add([{ platform: 'fake', day: '2026-11-20', api: 'send', count: 1 }]);
    }
    expect(proxy.cuts()).toBe(3);
    expect(await store.calls.since('')).toMatchObject([{ count: 3 }]);
  });
});

describePostgres('a database that goes away', () => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await startPostgresServer();
  });
  afterAll(async () => {
    await closeAll();
    await server?.remove();
  });

  it('under load loses nothing and doubles nothing, and is used again as soon as it is back', async (context) => {
    if (server === undefined) return context.skip('a server given by TEST_DATABASE_URL is not killed');
    const store = await open(server.url);
    const heard: string[] = [];
    const missed = vi.fn();
    store.signals.listen('stop', { received: (payload) => void heard.push(payload), missed });
    await vi.waitFor(() => expect(missed.mock.calls).toHaveLength(1), 10_000);

    const taken = new Map<string, string>();
    const stopping = new AbortController();
    /** As a platform does: what was not acknowledged is delivered again. */
    const deliver = async (name: string): Promise<void> => {
      while (taken.get(name) === undefined && !stopping.signal.aborted) {
        const turn = {
          id: turnId(name),
          kind: 'question',
          scope: groupScope,
          message: fakeMessage(),
          buttonKey: name,
          acceptedAt: morning,
        } as const;
        await store.turns
          .admit({ adapter, eventKey: eventKey(name), at: morning, turnIfNew: () => turn })
          .then((outcome) => taken.set(name, outcome))
          .catch(() => systemClock.sleep(20));
      }
    };
    const deliveries: Promise<void>[] = [];
    const send = async (prefix: string, count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        deliveries.push(deliver(`${prefix}${index}`));
        if (index % 10 === 9) await systemClock.sleep(5);
      }
    };
    const before = send('a', 200);
    await systemClock.sleep(40);
    await server.kill();
    await before;
    await send('b', 50);
    await vi.waitFor(() => expect(store.healthy()).toBe(false), { timeout: 15_000 });
    await server.start();
    await vi.waitFor(() => expect(store.healthy()).toBe(true), { timeout: 15_000 });
    await Promise.all(deliveries);
    stopping.abort();

    expect([...taken.values()].filter((outcome) => outcome !== 'new')).toEqual([]);
    expect(await store.turns.unfinished()).toHaveLength(250);
    await vi.waitFor(() => expect(missed.mock.calls).toHaveLength(2), { timeout: 15_000 });
    await store.signals.notify('stop', 'after');
    await vi.waitFor(() => expect(heard).toEqual(['after']), { timeout: 5_000 });
    expect(log.lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the database is gone/),
      'the database is back',
    ]);
    expect(JSON.stringify(log.lines)).not.toContain(postgresPassword);
  });
});

describe('the embedded database', () => {
  it('does not load what only PostgreSQL needs', async () => {
    const { place, remove } = await sqlitePlace();
    const root = join(import.meta.dirname, '../../..');
    const script = `
      const { openStore } = await import('./src/store/store.ts');
      const { systemClock } = await import('./src/clock.ts');
      const store = await openStore(${JSON.stringify(place)}, systemClock);
      await store.close();
      const { createRequire } = await import('node:module');
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      process.stdout.write(String(loaded.filter((path) => /node_modules.pg/.test(path)).length));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
    });
    expect(stdout).toBe('0');
    await remove();
  });
});
