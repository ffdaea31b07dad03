import type { Clock } from '../contract/runtime.ts';
import type { CallStore } from '../store/calls.ts';
import { createCallMemory, isCounter, type CallMemory } from './call-memory.ts';

/** What one platform was asked for: figures of the calendar month in the service's time zone. */
export type CallUse = {
  readonly today: number;
  readonly month: number;
  /** What the month will come to at the pace so far. */
  readonly forecast: number;
};

/** Under this name what a platform pushed to us is counted, beside what it was asked for. */
export function pushesOf(platform: string): string {
  return `${platform}:pushes`;
}

export type CallLedger = {
  count(platform: string, api: string): void;
  use(platform: string): CallUse;
  /**
   * What the budgets of a platform count beyond the life of this process. `inherits`, default always: whether what other
   * processes used is ours to count; not while they live, for then they keep to a part of each limit.
   */
  memory(platform: string, inherits?: () => boolean): CallMemory;
  /** Stores what was counted since the last time, and reads what other processes counted. */
  flush(): Promise<void>;
};

type Moment = { readonly day: string; readonly validUntilMs: number };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `2026-11-20` there and then. */
function dayIn(timeZone: string, now: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(now);
}

/** How much of the month has passed, between 0 and 1; the first hour counts as one, or one call would forecast 700. */
function passedShare(day: string, nowMs: number, timeZone: string): number {
  const [year = 1970, month = 1] = day.split('-').map(Number);
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const time = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const [hours = 0, minutes = 0] = time.format(nowMs).split(':').map(Number);
  const dayOfMonth = Number(day.slice(-2));
  const passedMs = (dayOfMonth - 1) * dayMs + hours * hourMs + minutes * minuteMs;
  return Math.max(passedMs, hourMs) / (daysInMonth * dayMs);
}

/**
 * Counts every call to a platform, for the month's quota, and remembers what the budgets count in long windows. What was
 * counted before this start is read once, and again with each `flush` where several processes count; what is counted now
 * is stored by `flush`; what counts in long windows also in between, after so many calls that a crash may forget.
 */
export async function createCallLedger(
  store: CallStore,
  clock: Clock,
  timeZone: string,
  severalProcesses = false,
): Promise<CallLedger> {
  const counts = new Map<string, Map<string, number>>();
  const unsaved = new Map<string, { platform: string; day: string; api: string; count: number }>();
  const memory = createCallMemory(store, clock, saveSoon);
  let moment: Moment = { day: '', validUntilMs: 0 };
  let saving: Promise<void> | undefined;
  let due = false;

  function today(): string {
    const nowMs = clock.now().getTime();
    if (nowMs >= moment.validUntilMs)
      moment = { day: dayIn(timeZone, clock.now()), validUntilMs: nowMs + minuteMs };
    return moment.day;
  }

  function add(platform: string, day: string, count: number): void {
    const days = counts.get(platform) ?? new Map<string, number>();
    counts.set(platform, days);
    // Only this month matters; what lies before it is in the store.
    for (const old of days.keys()) if (old.slice(0, 7) !== day.slice(0, 7)) days.delete(old);
    days.set(day, (days.get(day) ?? 0) + count);
  }

  async function read(): Promise<void> {
    const [stored] = await Promise.all([store.since(`${today().slice(0, 7)}-01`), memory.read()]);
    counts.clear();
    const days = stored.filter((row) => !isCounter(row));
    for (const { platform, day, count } of [...days, ...unsaved.values()]) add(platform, day, count);
  }

  async function save(): Promise<void> {
    await Promise.all([memory.save(), saveCounts()]);
  }

  /** So that a crash forgets no more calls than there is room for, and those of one commit. */
  function saveSoon(): void {
    due = true;
    saving ??= saveWhileDue().finally(() => (saving = undefined));
  }

  async function saveWhileDue(): Promise<void> {
    while (due) {
      due = false;
      // What could not be stored is tried again, and then reported, by the next `flush`.
      await save().catch(() => (due = false));
    }
  }

  async function saveCounts(): Promise<void> {
    if (unsaved.size === 0) return;
    const rows = [...unsaved.values()];
    unsaved.clear();
    try {
      await store.add(rows);
    } catch (error) {
      for (const row of rows) {
        const key = JSON.stringify([row.platform, row.day, row.api]);
        const later = unsaved.get(key);
        unsaved.set(key, { ...row, count: row.count + (later?.count ?? 0) });
      }
      throw error;
    }
  }

  await read();

  return {
    count(platform, api) {
      const day = today();
      add(platform, day, 1);
      const key = JSON.stringify([platform, day, api]);
      const row = unsaved.get(key) ?? { platform, day, api, count: 0 };
      row.count += 1;
      unsaved.set(key, row);
    },
    use(platform) {
      const day = today();
      const days = [...(counts.get(platform) ?? [])].filter(
        ([other]) => other.slice(0, 7) === day.slice(0, 7),
      );
      const month = days.reduce((total, [, count]) => total + count, 0);
      const share = passedShare(day, clock.now().getTime(), timeZone);
      return { today: counts.get(platform)?.get(day) ?? 0, month, forecast: Math.round(month / share) };
    },
    memory: (platform, inherits = () => true) => memory.of(platform, inherits),
    async flush() {
      await save();
      if (severalProcesses) await read();
    },
  };
}
