import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { AdapterId, PlatformId } from '../../../src/contract/ids.ts';
import { openAdminCode } from '../../../src/core/admin-code.ts';
import { openPolicy } from '../../../src/core/policy.ts';
import { createPlatformAlerts } from '../../../src/diagnosis/platform-alerts.ts';
import { createLeadership } from '../../../src/replicas/leadership.ts';
import { shareAlerts } from '../../../src/replicas/shared-alerts.ts';
import { sharePolicy } from '../../../src/replicas/shared-policy.ts';
import { createCallLedger } from '../../../src/reply/call-ledger.ts';
import type { ElectFor } from '../../../src/store/elections.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { silentLog } from '../../fakes/log.ts';

const never = new AbortController().signal;
const configured = { admins: [], allow: undefined };

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-shared-'));
  store = await openStore({ file: join(folder, 'bridge.db') }, systemClock);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('what one process sets', () => {
  it('holds in the others, too', async () => {
    const [one, two] = [
      sharePolicy(await openPolicy(store.policy, configured, 'user'), store.signals, silentLog),
      sharePolicy(await openPolicy(store.policy, configured, 'user'), store.signals, silentLog),
    ];
    const writes = ['a', 'b', 'c'].map((name) => one.setSetting(name, true));
    await Promise.all(writes);
    await vi.waitFor(() => expect([...two.current().settings.keys()].sort()).toEqual(['a', 'b', 'c']));
    await two.addAdministrator({
      platform: 'fake' as PlatformId,
      id: 'root',
      addedAt: 1,
      addedBy: 'x',
    });
    await vi.waitFor(() => expect(one.current().administrators).toHaveLength(1));
  });
});

describe('the code of the first administrator', () => {
  it('is one for all processes, and lies in the file of the one that leads, until it was used', async () => {
    const open = async (name: string) => {
      const book = await openPolicy(store.policy, configured, 'user');
      const policy = sharePolicy(book, store.signals, silentLog);
      const file = join(folder, name);
      const randomByte = (): number => Math.floor(Math.random() * 256);
      const parts = { file, policy, store, clock: systemClock, randomByte, log: silentLog };
      return { policy, file, code: await openAdminCode({ ...parts, severalProcesses: true }) };
    };
    const [one, two] = [await open('one'), await open('two')];
    const over = new AbortController();
    const leading = one.code.lead(over.signal);
    await vi.waitFor(() => expect(existsSync(one.file)).toBe(true));
    expect(existsSync(two.file)).toBe(false);
    const text = readFileSync(one.file, 'utf8').trim();
    const message = fakeMessage({ from: 'root', direct: true, text });
    await vi.waitFor(() => expect(two.code.look(message)).toBe('administrator-claimed'));
    const add = { platform: 'fake' as PlatformId, id: 'root', addedAt: 1, addedBy: 'code' };
    await two.policy.addAdministrator(add);
    await vi.waitFor(() => expect(one.code.look(message)).toBeUndefined());
    await vi.waitFor(() => expect(existsSync(one.file)).toBe(false), { timeout: 5_000 });
    over.abort();
    await leading;
  });
});

describe('what several processes notice', () => {
  it('is told by the one that leads, once, and not again by the next', async () => {
    const told: string[] = [];
    let leader = 'one';
    const process = (name: string) =>
      shareAlerts(
        createPlatformAlerts({
          tell: async () => {
            if (name === leader) told.push(name);
          },
          language: 'zh',
          clock: systemClock,
          log: silentLog,
          signal: never,
        }),
        store.signals,
        silentLog,
      );
    const [one, two] = [process('one'), process('two')];
    const notice = {
      type: 'notice',
      adapter: 'fake' as AdapterId,
      code: 'quota-exceeded',
      evidence: '1',
    } as const;
    two.notice(notice);
    one.notice(notice);
    await vi.waitFor(() => expect(told).toEqual(['one']));
    leader = 'two';
    one.notice(notice);
    two.pace('fake' as AdapterId, 'tight');
    await vi.waitFor(() => expect(told).toEqual(['one', 'two']));
  });
});

describe('the calls of a month', () => {
  it('are those of all processes, as soon as each has stored its own', async () => {
    const open = () => createCallLedger(store.calls, systemClock, 'UTC', true);
    const [one, two] = [await open(), await open()];
    for (let count = 0; count < 3; count += 1) one.count('fake', 'send');
    two.count('fake', 'send');
    await one.flush();
    await two.flush();
    two.count('fake', 'send');
    expect([one.use('fake').month, two.use('fake').month]).toEqual([3, 5]);
    await two.flush();
    await one.flush();
    expect([one.use('fake').month, two.use('fake').month]).toEqual([5, 5]);
  });
});

describe('the office of one process', () => {
  /** An election that a test can end. */
  function office() {
    const terms: AbortController[] = [];
    const resigned: number[] = [];
    const electFor: ElectFor = async (_name, signal) => {
      signal.throwIfAborted();
      const lost = new AbortController();
      const number = terms.push(lost);
      return {
        lost: lost.signal,
        holds: async () => !lost.signal.aborted,
        resign: async () => void resigned.push(number),
      };
    };
    return {
      terms,
      resigned,
      leadership: createLeadership(electFor, { clock: systemClock, log: silentLog }),
    };
  }

  it('is shared, and given up with the last who needed it', async () => {
    const { terms, resigned, leadership } = office();
    const [one, two] = await Promise.all([leadership.elect(never), leadership.elect(never)]);
    expect([terms.length, leadership.leading()]).toEqual([1, true]);
    await one.resign();
    await one.resign();
    expect([resigned, leadership.leading()]).toEqual([[], true]);
    await two.resign();
    expect([resigned, leadership.leading()]).toEqual([[1], false]);
  });

  it('that was lost ends its work, which begins again in the next term', async () => {
    const { terms, leadership } = office();
    const over = new AbortController();
    const begun: AbortSignal[] = [];
    const keeping = leadership.keep(async (signal) => void begun.push(signal), over.signal);
    await vi.waitFor(() => expect(begun).toHaveLength(1));
    terms[0]?.abort();
    await vi.waitFor(() => expect(begun).toHaveLength(2));
    expect(begun.map(({ aborted }) => aborted)).toEqual([true, false]);
    over.abort();
    await keeping;
    expect([begun[1]?.aborted, leadership.leading()]).toEqual([true, false]);
  });
});
