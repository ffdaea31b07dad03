import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallLimit, PlannedCall } from '../../../src/contract/budget.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createCallLedger } from '../../../src/reply/call-ledger.ts';
import type { CallStore } from '../../../src/store/calls.ts';
import type { CallRow } from '../../../src/store/schema.ts';
import { openStore } from '../../../src/store/store.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';

const NEVER = new AbortController().signal;
/** Before that no process makes its first call: the second that nobody counted must be over. */
const RESTART_MS = 1_100;

const perChat: readonly CallLimit[] = [
  { per: 'chat', calls: 30, windowMs: 60_000 },
  { per: 'chat', calls: 1_000, windowMs: 3_600_000 },
];
const perApi: readonly CallLimit[] = [
  { per: 'api', calls: 50, windowMs: 1_000 },
  { per: 'api', calls: 1_000, windowMs: 60_000 },
];

type Process = { readonly crash: () => void; readonly call: (call: PlannedCall) => void };

/** A process that makes calls, until it is gone from one moment to the next. */
async function startProcess(
  clock: FakeClock,
  store: CallStore,
  limits: readonly CallLimit[],
  left: { readonly call: PlannedCall; readonly atMs: number }[],
): Promise<Process> {
  const crashed = new AbortController();
  const mortal: CallStore = {
    since: (day) => store.since(day),
    add: (rows, now) => (crashed.signal.aborted ? new Promise<never>(() => undefined) : store.add(rows, now)),
  };
  const ledger = await createCallLedger(mortal, clock, 'UTC');
  const budget = createCallBudget({ limits, clock, memory: ledger.memory('chat') });
  return {
    crash() {
      crashed.abort();
      budget.stop();
    },
    call(call) {
      const send = async (): Promise<void> => {
        left.push({ call, atMs: clock.now().getTime() });
      };
      budget.run(call, NEVER, send).catch(() => undefined);
    },
  };
}

function mostInWindow({ windowMs }: CallLimit, times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

/** Rows in memory; what is added is durable a little later. */
function slowStore(clock: FakeClock, commitMs: number): CallStore & { readonly rows: Map<string, CallRow> } {
  const rows = new Map<string, CallRow>();
  return {
    rows,
    since: async (day) => [...rows.values()].filter((row) => row.day >= day),
    async add(added, now) {
      await clock.sleep(commitMs);
      for (const [key, { day }] of rows)
        if (now !== undefined && day.includes('T') && day < now.toISOString()) rows.delete(key);
      for (const row of added) {
        const key = JSON.stringify([row.platform, row.day, row.api]);
        rows.set(key, { ...row, count: row.count + (rows.get(key)?.count ?? 0) });
      }
    },
  };
}

describe('a budget after a crash', () => {
  let folder = '';
  let clock: FakeClock;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bridge-memory-'));
    clock = createFakeClock();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('counts what the process before it used of a minute and of an hour, from the database', async () => {
    const store = await openStore({ file: join(folder, 'bridge.db') }, clock);
    const left: { readonly call: PlannedCall; readonly atMs: number }[] = [];
    const call: PlannedCall = { api: 'frame', urgency: 'final', chat: 'group' };
    const first = await startProcess(clock, store.calls, perChat, left);
    for (let calls = 0; calls < 28; calls += 1) {
      first.call(call);
      await clock.advance(500);
    }
    expect(left).toHaveLength(28);
    first.crash();
    await clock.advance(RESTART_MS);
    const second = await startProcess(clock, store.calls, perChat, left);
    for (let calls = 0; calls < 28; calls += 1) second.call(call);
    await clock.advance(44_000);
    // Room for the two that are left of 30 there may have been: nobody knows what the crash forgot.
    expect(left.length).toBeLessThanOrEqual(30);
    await clock.advance(120_000);
    expect(left).toHaveLength(56);
    for (const limit of perChat)
      expect(
        mostInWindow(
          limit,
          left.map(({ atMs }) => atMs),
        ),
      ).toBeLessThanOrEqual(limit.calls);
    await store.close();
  });

  it('lets other chats go on at once', async () => {
    const store = slowStore(clock, 5);
    const left: { readonly call: PlannedCall; readonly atMs: number }[] = [];
    const first = await startProcess(clock, store, perChat, left);
    for (let calls = 0; calls < 30; calls += 1) first.call({ api: 'frame', urgency: 'final', chat: 'busy' });
    await clock.advance(100);
    first.crash();
    const second = await startProcess(clock, store, perChat, left);
    for (const chat of ['busy', 'other']) second.call({ api: 'frame', urgency: 'final', chat });
    await clock.advance(RESTART_MS);
    expect(left.slice(30).map(({ call }) => call.chat)).toEqual(['other']);
  });

  it('leaves alone what others used that live: they keep to their part', async () => {
    const store = slowStore(clock, 5);
    const left: { readonly call: PlannedCall; readonly atMs: number }[] = [];
    const other = await startProcess(clock, store, perChat, left);
    for (let calls = 0; calls < 30; calls += 1) other.call({ api: 'frame', urgency: 'final', chat: 'group' });
    await clock.advance(100);
    const ledger = await createCallLedger(store, clock, 'UTC', true);
    let others = 1;
    const memory = ledger.memory('chat', () => others === 0);
    const name = '["chat",null,60000,"group"]';
    const [minute = perChat[1]] = perChat;
    if (minute === undefined) throw new Error('no limit');
    expect(memory.counter(name, minute).earlier).toEqual([]);
    others = 0;
    const counted = memory.counter(name, minute).earlier.reduce((sum, { calls }) => sum + calls, 0);
    expect(counted).toBe(30 + 3);
  });

  it('keeps no more than it needs, and no ids', async () => {
    const store = slowStore(clock, 5);
    const process = await startProcess(clock, store, perChat, []);
    for (let calls = 0; calls < 2_000; calls += 1) {
      process.call({ api: 'frame', urgency: 'live', chat: `secret-${calls % 3}` });
      await clock.advance(2_500);
    }
    const counters = [...store.rows.values()].filter(({ day }) => day.includes('T'));
    // Three chats, two windows each, in twelve parts, and one that has just ended.
    expect(counters.length).toBeLessThanOrEqual(3 * 2 * 14);
    expect(JSON.stringify([...store.rows])).not.toContain('secret');
  });

  it('never exceeds a window together with the process before it, whenever that ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(perChat, perApi),
        fc.array(
          fc.record({ lastsMs: fc.integer({ min: 5_000, max: 40_000 }), restartsInMs: fc.nat(5_000) }),
          {
            minLength: 2,
            maxLength: 4,
          },
        ),
        fc.constantFrom(1, 1_000),
        fc.nat(40),
        async (limits, lives, pauseMs, commitMs) => {
          clock = createFakeClock();
          const store = slowStore(clock, commitMs);
          const left: { readonly call: PlannedCall; readonly atMs: number }[] = [];
          for (const { lastsMs, restartsInMs } of lives) {
            const process = await startProcess(clock, store, limits, left);
            const untilMs = clock.now().getTime() + lastsMs;
            while (clock.now().getTime() < untilMs) {
              process.call({ api: 'edit', urgency: 'final', chat: 'one' });
              await clock.advance(limits === perApi ? 15 : 200 + pauseMs);
            }
            process.crash();
            await clock.advance(RESTART_MS + restartsInMs);
          }
          for (const limit of limits) {
            const times = left.map(({ atMs }) => atMs);
            expect(mostInWindow(limit, times)).toBeLessThanOrEqual(limit.calls);
          }
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);
});
