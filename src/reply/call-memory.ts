import { createHash } from 'node:crypto';
import type { Clock } from '../contract/runtime.ts';
import type { CallStore } from '../store/calls.ts';
import type { CallRow } from '../store/schema.ts';

/** So many calls count until then, in milliseconds since the epoch. */
export type Counted = { readonly untilMs: number; readonly calls: number };

/** One counter of a limit ("calls to this chat within a minute") as it outlives the process. */
export type RememberedCounter = {
  /** What another process used of it before, as far as that still counts. */
  readonly earlier: readonly Counted[];
  /** A call has left, and counts until then. */
  note(untilMs: number): void;
};

/** What a budget counts in windows that are longer than a restart takes. */
export type CallMemory = {
  /**
   * `name` says which counter of which limit it is; `windowMs`: its window; `room`: for how many calls that a crash made
   * it forget the budget leaves room, so that it need not be stored more often.
   */
  counter(name: string, windowMs: number, room: number): RememberedCounter;
};

/** The memory of all budgets, and the two halves of its keeping. */
export type KeptCallMemory = {
  of(platform: string): CallMemory;
  /** Takes over what other processes stored since. */
  read(): Promise<void>;
  /** Stores what changed since the last time. */
  save(): Promise<void>;
};

/** A window is remembered in so many parts; a call counts until the end of its part, so up to a twelfth too long. */
const PARTS = 12;
/** 96 bits; the name itself may hold the id of a chat, which is nobody's business here. */
const NAME_CHARACTERS = 16;
/** What has ended is looked for so often. */
const SWEEP_MS = 60_000;

type Counter = {
  readonly platform: string;
  readonly counted: Map<number, number>;
  /** The part of it that is not stored yet. */
  unsaved: Map<number, number>;
  unsavedCalls: number;
  stored: boolean;
  /** Nothing of it was our own. */
  foreign: boolean;
};

/**
 * Its size is that of the counters in use within the longest window, times twelve. `onUnsaved` is called when as many calls
 * of a counter are not stored as there is room for, and with its first.
 */
export function createCallMemory(store: CallStore, clock: Clock, onUnsaved: () => void): KeptCallMemory {
  const counters = new Map<string, Counter>();
  let unsaved = new Set<string>();
  let sweptAtMs = clock.now().getTime();

  function sweep(now: number): void {
    if (now < sweptAtMs + SWEEP_MS) return;
    sweptAtMs = now;
    for (const [name, { counted, unsavedCalls }] of counters) {
      for (const untilMs of counted.keys()) if (untilMs <= now) counted.delete(untilMs);
      if (counted.size === 0 && unsavedCalls === 0) counters.delete(name);
    }
  }

  function counterOf(platform: string, name: string, foreign: boolean): Counter {
    const known = counters.get(name);
    if (known !== undefined) return known;
    const counted = new Map<number, number>();
    const counter = { platform, counted, unsaved: new Map(), unsavedCalls: 0, stored: foreign, foreign };
    counters.set(name, counter);
    return counter;
  }

  function note(counter: Counter, name: string, endOfPart: number): void {
    counter.foreign = false;
    add(counter.counted, endOfPart, 1);
    add(counter.unsaved, endOfPart, 1);
    counter.unsavedCalls += 1;
    unsaved.add(name);
  }

  function takeUnsaved(): CallRow[] {
    const names = unsaved;
    unsaved = new Set();
    return [...names].flatMap((name) => {
      const counter = counters.get(name);
      if (counter === undefined) return [];
      const parts = [...counter.unsaved];
      counter.unsaved = new Map();
      counter.unsavedCalls = 0;
      counter.stored = true;
      return parts.map(([untilMs, count]) => rowOf(counter.platform, name, untilMs, count));
    });
  }

  return {
    of: (platform) => ({
      counter(plainName, windowMs, room) {
        const name = hashOf(`${platform} ${plainName}`);
        const known = counters.get(name);
        const partMs = Math.ceil(windowMs / PARTS);
        return {
          earlier: known?.foreign === true ? [...known.counted].map(toCounted) : [],
          note(untilMs) {
            const counter = counterOf(platform, name, false);
            const first = !counter.stored;
            note(counter, name, Math.ceil(untilMs / partMs) * partMs);
            if (first || counter.unsavedCalls >= room) onUnsaved();
          },
        };
      },
    }),
    async read() {
      const now = clock.now();
      sweep(now.getTime());
      const rows = (await store.since(now.toISOString())).filter(isCounter);
      // What we count ourselves we know better; the rest is as it is stored.
      for (const [name, { foreign, counted }] of counters) {
        if (foreign && rows.some(({ api }) => api === name)) counted.clear();
      }
      for (const { platform, day, api, count } of rows) {
        const counter = counterOf(platform, api, true);
        if (counter.foreign) add(counter.counted, Date.parse(day), count);
      }
    },
    async save() {
      const now = clock.now();
      sweep(now.getTime());
      const rows = takeUnsaved();
      if (rows.length === 0) return;
      try {
        await store.add(rows, now);
      } catch (error) {
        for (const { platform, day, api, count } of rows) {
          const counter = counterOf(platform, api, false);
          add(counter.unsaved, Date.parse(day), count);
          counter.unsavedCalls += count;
          unsaved.add(api);
        }
        throw error;
      }
    },
  };
}

/** The rows that count for a window, among those that count for a day. */
export function isCounter({ day }: Pick<CallRow, 'day'>): boolean {
  return day.includes('T');
}

function rowOf(platform: string, name: string, untilMs: number, count: number): CallRow {
  return { platform, day: new Date(untilMs).toISOString(), api: name, count };
}

function add(counted: Map<number, number>, untilMs: number, calls: number): void {
  counted.set(untilMs, (counted.get(untilMs) ?? 0) + calls);
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, NAME_CHARACTERS);
}

function toCounted([untilMs, calls]: readonly [number, number]): Counted {
  return { untilMs, calls };
}
