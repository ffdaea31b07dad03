import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Election } from '../../../src/contract/replicas.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { silentLog } from '../../fakes/log.ts';
import { ask, createSchema, postgresIsMissing, postgresUrl, type TestSchema } from '../../fakes/postgres.ts';

const server = await postgresUrl();
const never = new AbortController().signal;
const patience = { timeout: 20_000, interval: 20 };

describe.skipIf(server === undefined)(server === undefined ? postgresIsMissing : 'an election', () => {
  let schema: TestSchema;
  let stores: Store[];
  const open = async (url = schema.url): Promise<Store> => {
    const place = { url, log: silentLog, uuid: randomUUID };
    const store = await openStore(place, systemClock, randomUUID());
    stores.push(store);
    return store;
  };
  /** Stands for `office`, and writes down what becomes of it. */
  function stand(store: Store, name = 'office', signal = never) {
    const standing: { election?: Election } = {};
    void store.elect(name, signal).then(
      (election) => (standing.election = election),
      () => undefined,
    );
    return standing;
  }

  beforeEach(async () => {
    schema = await createSchema(server ?? '');
    stores = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await schema.drop();
  });

  /** The connections that hold an advisory lock for longer than a commit, on this schema's search path. */
  const endHolder = (): Promise<void> =>
    ask(
      schema.url,
      `select pg_terminate_backend(pid) from pg_locks
       where locktype = 'advisory' and classid = 2840 and granted
         and objid = (hashtext(current_schema() || ':office')::bigint & 4294967295)`,
    );

  it('has one winner, and the next one when that resigns', async () => {
    const [one, two] = [await open(), await open()];
    const first = await one.elect('office', never);
    const second = stand(two);
    const elsewhere = stand(two, 'another office');
    await vi.waitFor(() => expect(elsewhere.election).toBeDefined(), patience);
    expect(second.election).toBeUndefined();
    expect(await first.holds()).toBe(true);
    await first.resign();
    await vi.waitFor(() => expect(second.election).toBeDefined(), patience);
    expect(await first.holds()).toBe(false);
    expect(await second.election?.holds()).toBe(true);
  });

  it('of another schema of the same database is another one', async () => {
    const other = await createSchema(server ?? '');
    try {
      const one = await (await open()).elect('office', never);
      const two = await (await open(other.url)).elect('office', never);
      expect([await one.holds(), await two.holds()]).toEqual([true, true]);
      await Promise.all(stores.splice(0).map((store) => store.close()));
    } finally {
      await other.drop();
    }
  });

  it('is lost with the connection, and known to be', async () => {
    const [one, two] = [await open(), await open()];
    const first = await one.elect('office', never);
    const second = stand(two);
    await endHolder();
    await vi.waitFor(() => expect(first.lost.aborted).toBe(true), patience);
    expect(await first.holds()).toBe(false);
    await vi.waitFor(() => expect(second.election).toBeDefined(), patience);
  });

  it('does not go to whoever has stopped waiting', async () => {
    const [one, two, three] = [await open(), await open(), await open()];
    const first = await one.elect('office', never);
    const leaving = new AbortController();
    const second = stand(two, 'office', leaving.signal);
    leaving.abort();
    await first.resign();
    const third = await three.elect('office', never);
    expect(await third.holds()).toBe(true);
    expect(second.election).toBeUndefined();
  });

  it('is given up when the store is closed', async () => {
    const [one, two] = [await open(), await open()];
    const first = await one.elect('office', never);
    await one.close();
    expect(first.lost.aborted).toBe(true);
    expect(await (await two.elect('office', never)).holds()).toBe(true);
  });
});
