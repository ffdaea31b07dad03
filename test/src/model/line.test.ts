import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerPace } from '../../../src/model/answer-pace.ts';
import { expectedWaitMs } from '../../../src/model/expected-wait.ts';
import { createFairQueue } from '../../../src/model/fair-queue.ts';
import { createLine, type Line, type Taken } from '../../../src/model/line.ts';
import { createSlots, type Slots } from '../../../src/model/slots.ts';

const never = new AbortController().signal;

type Host = { readonly slots: Slots };
type TestLine = Line<Host>;

/** A line with servers of the given sizes behind it; each of their places is free again after four seconds. */
function lineOf(...sizes: readonly number[]): { line: TestLine; servers: Host[] } {
  const expectedMs = (ahead: number, servers: readonly Host[]): number =>
    (ahead * 4_000) / servers.reduce((sum, { slots }) => sum + slots.size, 0);
  const line = createLine<Host>({ expectedMs, now: () => new Date(0) });
  return { line, servers: sizes.map((size) => ({ slots: createSlots(size, () => line.serve()) })) };
}

/** Waits like a request does; `told` gets the places in line. */
async function wait(
  line: TestLine,
  servers: readonly Host[],
  told: number[] = [],
  signal = never,
  asker?: string,
): Promise<Taken<Host> | undefined> {
  const places = line.take({ wanted: () => servers, asker }, signal);
  for (;;) {
    const step = await places.next();
    if (step.done === true) return typeof step.value === 'object' ? step.value : undefined;
    told.push(step.value.ahead);
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the expected wait', () => {
  const told = { firstTokenMs: 500, durationMs: 2_500, tokens: 200 };

  it('is the place in line times a typical answer, shared by all places', () => {
    const pace = createAnswerPace();
    const servers = [
      { places: 2, engine: undefined },
      { places: 3, engine: undefined },
    ];
    expect(expectedWaitMs(1, servers, pace)).toBeUndefined();
    pace.note(told);
    expect([1, 2, 10].map((ahead) => expectedWaitMs(ahead, servers, pace))).toEqual([500, 1_000, 5_000]);
    expect(expectedWaitMs(1, [], pace)).toBeUndefined();
  });

  it('is longer by what other clients have the engine do first', () => {
    const pace = createAnswerPace();
    pace.note(told);
    const engine = (waiting: number): number | undefined =>
      expectedWaitMs(2, [{ places: 4, engine: { running: 8, waiting } }], pace);
    expect(engine(0)).toBe(1_250);
    // Every place is held by the engine's queue first, and so is the own request at last: 2.5 s for 16 of 8 at a time.
    expect(engine(16)).toBe((2 * 7_500) / 4 + 5_000);
  });

  it('takes the engine’s own queue for what it is now, not for what it was to the last answers', () => {
    const pace = createAnswerPace();
    pace.note(told);
    for (let answer = 0; answer < 20; answer += 1)
      pace.note({ firstTokenMs: 20_500, durationMs: 22_500, tokens: 200 });
    const calm = expectedWaitMs(1, [{ places: 1, engine: { running: 3, waiting: 0 } }], pace) ?? 0;
    const silent = expectedWaitMs(1, [{ places: 1, engine: undefined }], pace) ?? 0;
    expect(calm).toBeLessThan(3_000);
    expect(silent).toBeGreaterThan(20_000);
  });

  it('is told by the answers measured so far, and not before there was one', () => {
    const pace = createAnswerPace();
    expect(pace.typicalMs()).toBeUndefined();
    pace.note({ firstTokenMs: 500, durationMs: 2_500, tokens: 200 });
    expect(pace.typicalMs()).toBe(2_500);
    pace.note({ firstTokenMs: 500, durationMs: 500, tokens: 0 });
    expect(pace.typicalMs()).toBe(2_500);
    for (let answer = 0; answer < 40; answer += 1)
      pace.note({ firstTokenMs: 1_000, durationMs: 5_000, tokens: 100 });
    expect(pace.typicalMs()).toBeCloseTo(5_000, -2);
  });
});

describe('the line in front of the servers', () => {
  it('serves in the order of asking and loses no place', async () => {
    const { line, servers } = lineOf(1);
    const first = await wait(line, servers);
    const order: string[] = [];
    const leaving = new AbortController();
    const gone = wait(line, servers, [], leaving.signal);
    const waiting = ['b', 'c'].map((name) =>
      wait(line, servers).then((taken) => {
        order.push(name);
        taken?.slot.release();
      }),
    );
    leaving.abort();
    expect(await gone).toBeUndefined();
    first?.slot.release();
    first?.slot.release();
    await Promise.all(waiting);
    expect(order).toEqual(['b', 'c']);
    expect(servers[0]?.slots.running).toBe(0);
  });

  it('tells whoever waits how many are before them, and when the wait is over', async () => {
    const { line, servers } = lineOf(1);
    const told: number[] = [];
    const first = await wait(line, servers, told);
    expect(told).toEqual([]);
    const second = wait(line, servers);
    const third = wait(line, servers, told);
    await settle();
    expect(told).toEqual([2]);
    first?.slot.release();
    (await second)?.slot.release();
    (await third)?.slot.release();
    expect(told).toEqual([2, 1, 0]);
  });

  it('gives a place that falls to somebody who has left meanwhile to the next', async () => {
    const { line, servers } = lineOf(1);
    const first = await wait(line, servers);
    const leaver = line.take({ wanted: () => servers, asker: undefined }, never);
    await leaver.next();
    first?.slot.release();
    const next = wait(line, servers);
    await leaver.return(undefined);
    expect(await next).toBeDefined();
  });

  it('gives the first place that becomes free on any server, and passes those by who cannot use it', async () => {
    const { line, servers } = lineOf(1, 1);
    const [one, two] = [await wait(line, servers), await wait(line, servers)];
    expect([one?.server, two?.server]).toEqual(servers);
    const needsFirst = wait(line, servers.slice(0, 1));
    const takesAny = wait(line, servers);
    await settle();
    two?.slot.release();
    expect((await takesAny)?.server).toBe(servers[1]);
    one?.slot.release();
    expect((await needsFirst)?.server).toBe(servers[0]);
  });

  it('takes in those who wait when a server turns out to have more places, and nobody new when it has fewer', async () => {
    const { line, servers } = lineOf(1);
    const first = await wait(line, servers);
    const second = wait(line, servers);
    await settle();
    servers[0]?.slots.resize(2);
    expect(await second).toBeDefined();
    servers[0]?.slots.resize(1);
    first?.slot.release();
    expect(servers[0]?.slots.free).toBe(false);
    (await second)?.slot.release();
    expect(servers[0]?.slots.free).toBe(true);
  });
});

describe('several people in one line', () => {
  /** Whom the places fall to, one after another, when each is given back at once. */
  async function orderOf(
    line: TestLine,
    servers: readonly Host[],
    askers: readonly (string | undefined)[],
  ): Promise<string[]> {
    const order: string[] = [];
    const blocking = await wait(line, servers);
    const all = askers.map((asker, index) =>
      wait(line, servers, [], never, asker).then((taken) => {
        order.push(`${asker ?? '-'}${index}`);
        taken?.slot.release();
      }),
    );
    await settle();
    blocking?.slot.release();
    await Promise.all(all);
    return order;
  }

  it('are served in turn, each person’s requests in their order', async () => {
    const { line, servers } = lineOf(1);
    expect(await orderOf(line, servers, ['a', 'a', 'a', 'b', 'b', 'c'])).toEqual([
      'a0',
      'b3',
      'c5',
      'a1',
      'b4',
      'a2',
    ]);
  });

  it('are not held back by one who has fifty requests waiting', async () => {
    const { line, servers } = lineOf(1);
    const flood = Array.from({ length: 50 }, () => 'a');
    const order = await orderOf(line, servers, [...flood, 'b', 'c']);
    expect(order.slice(0, 3)).toEqual(['a0', 'b50', 'c51']);
    expect(order).toHaveLength(52);
  });

  it('keep the order of asking where nobody is named', async () => {
    const { line, servers } = lineOf(1);
    expect(await orderOf(line, servers, [undefined, undefined, undefined])).toEqual(['-0', '-1', '-2']);
  });

  it('are told their true place, also when somebody else is let in before them', async () => {
    const { line, servers } = lineOf(1);
    const blocking = await wait(line, servers);
    const told: Record<'a1' | 'a2' | 'b1', number[]> = { a1: [], a2: [], b1: [] };
    const waiting = [wait(line, servers, told.a1, never, 'a'), wait(line, servers, told.a2, never, 'a')];
    await settle();
    waiting.push(wait(line, servers, told.b1, never, 'b'));
    await settle();
    expect(told).toEqual({ a1: [1], a2: [2, 3], b1: [2] });
    blocking?.slot.release();
    const [a1, a2, b1] = waiting;
    (await a1)?.slot.release();
    (await b1)?.slot.release();
    (await a2)?.slot.release();
    expect(told).toEqual({ a1: [1, 0], a2: [2, 3, 2, 1, 0], b1: [2, 1, 0] });
  });

  it('keep their place when they ask anew with more, for a while and not once they were served', () => {
    let now = 0;
    const queue = createFairQueue<string>(() => new Date(now));
    const order = (): string[] => [...queue.places().keys()];
    for (const item of ['a', 'b', 'c']) queue.add(item[0], item);
    queue.leave('a');
    expect(order()).toEqual(['b', 'c']);
    queue.add('a', 'a and more');
    expect(order()).toEqual(['a and more', 'b', 'c']);
    queue.leave('b');
    now += 10_000;
    queue.add('b', 'b later');
    expect(order()).toEqual(['a and more', 'c', 'b later']);
    queue.serve('a and more');
    queue.add('a', 'a again');
    expect(order()).toEqual(['c', 'b later', 'a again']);
  });

  it('always stand where they will be served, however they come and go', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('add' as const), person: fc.integer({ min: 0, max: 4 }) }),
        fc.record({ type: fc.constant('leave' as const), nth: fc.nat(20) }),
        fc.record({ type: fc.constant('serve' as const) }),
        fc.record({ type: fc.constant('time passes' as const) }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let now = 0;
        const queue = createFairQueue<{ readonly person: number; readonly born: number }>(
          () => new Date(now),
        );
        const first = () => [...queue.places().keys()][0];
        for (const [born, step] of all.entries()) {
          if (step.type === 'add') queue.add(step.person, { person: step.person, born });
          const gone = step.type === 'leave' ? [...queue.places().keys()][step.nth] : undefined;
          if (gone !== undefined) queue.leave(gone);
          if (step.type === 'time passes') now += 6_000;
          const next = step.type === 'serve' ? first() : undefined;
          if (next !== undefined) queue.serve(next);
        }
        const predicted = [...queue.places().keys()];
        expect([...queue.places().values()]).toEqual(predicted.map((_, index) => index));
        const served = [];
        for (let item = first(); item !== undefined; item = first()) {
          served.push(item);
          queue.serve(item);
        }
        expect(served).toEqual(predicted);
        expect(queue.size).toBe(0);
        expect(longestRun(served)).toBeLessThanOrEqual(1);
      }),
    );
  });

  /** How often one person is served in a row while somebody else still waits; `served` is everybody, in order. */
  function longestRun(served: readonly { readonly person: number }[]): number {
    let longest = 0;
    let run = 0;
    for (const [index, { person }] of served.entries()) {
      run = person === served[index - 1]?.person ? run + 1 : 1;
      if (served.slice(index).some((one) => one.person !== person)) longest = Math.max(longest, run);
    }
    return longest;
  }
});

describe('the time that is told', () => {
  it('is told anew when it has become wrong by a good part, and counted down otherwise', async () => {
    let [now, perAnswerMs] = [0, 20_000];
    const line = createLine<Host>({
      expectedMs: (ahead) => ahead * perAnswerMs,
      now: () => new Date(now),
    });
    const servers = [{ slots: createSlots(1, () => line.serve()) }];
    const blocking = await wait(line, servers);
    const told: (number | undefined)[] = [];
    const waiting = (async () => {
      for await (const { expectedMs } of line.take({ wanted: () => servers, asker: 'a' }, never))
        told.push(expectedMs);
    })();
    await settle();
    now = 4_000;
    line.serve();
    await settle();
    expect(told).toEqual([20_000]);
    perAnswerMs = 60_000;
    line.serve();
    await settle();
    expect(told).toEqual([20_000, 60_000]);
    blocking?.slot.release();
    await waiting;
    expect(told).toEqual([20_000, 60_000, undefined]);
  });

  it('counts those who wait with each server that could take them', async () => {
    const { line, servers } = lineOf(1, 1);
    const [one, two] = servers;
    if (one === undefined || two === undefined) throw new Error('two servers');
    const taken = [await wait(line, servers), await wait(line, servers)];
    const waiting = [wait(line, servers), wait(line, [two])];
    await settle();
    expect([line.waitingFor(one), line.waitingFor(two)]).toEqual([1, 2]);
    for (const place of taken) place?.slot.release();
    await Promise.all(waiting);
    expect([line.waitingFor(one), line.waitingFor(two)]).toEqual([0, 0]);
  });
});
