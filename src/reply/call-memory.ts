import { createHash } from 'node:crypto';
import type { CallLimit } from '../contract/budget.ts';
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

/**
 * What a budget counts in windows that are longer than a restart takes. A crash forgets the last few calls; for as many as
 * that may be, whoever takes a counter over counts more than is stored.
 */
export type CallMemory = {
  /** `name` says which counter of which limit it is. To be called once before calls are noted. */
  counter(name: string, limit: Pick<CallLimit, 'calls' | 'windowMs'>): RememberedCounter;
};

/** The memory of all budgets, and the two halves of its keeping. */
export type KeptCallMemory = {
  /** `inherits`: asked with each new counter, whether what others stored is to be counted as our own. */
  of(platform: string, inherits: () => boolean): CallMemory;
  /** Takes over what other processes stored since. */
  read(): Promise<void>;
  /** Stores what changed since the last time. */
  save(): Promise<void>;
};

/** A window is remembered in so many parts; a call counts until the end of its part, so up to a twelfth too long. */
const PARTS = 12;
/** 96 bits; the name itself may hold the id of a chat, which is nobody's business here. */
const NAME_CHARACTERS = 16;
/**
 * How many calls a crash may forget: a part of what a minute allows, so that a service which crashes every few seconds still has
 * most of it. At the fastest pace Feishu permits that is a fifth of a second, far longer than a commit …
 */
const FORGOTTEN_PART = 0.01;
const FORGOTTEN_OF_MS = 60_000;
/** … and a few where that is next to nothing, but not most of what there is. */
const LEAST_FORGOTTEN = 3;
const MOST_FORGOTTEN_PART = 0.25;
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

  function note(counter: Counter, name: string, endOfPart: number, calls: number): void {
    counter.foreign = false;
    add(counter.counted, endOfPart, calls);
    add(counter.unsaved, endOfPart, calls);
    counter.unsavedCalls += calls;
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
    of: (platform, inherits) => ({
      counter(plainName, limit) {
        const name = hashOf(`${platform} ${plainName}`);
        const partMs = Math.ceil(limit.windowMs / PARTS);
        const room = roomForForgotten(limit);
        const endOf = (untilMs: number): number => Math.ceil(untilMs / partMs) * partMs;
        const known = counters.get(name);
        const inherited = known?.foreign === true && inherits();
        if (inherited) {
          // Stored with the rest, for this process may crash as well.
          note(known, name, endOf(clock.now().getTime() + limit.windowMs + partMs), room);
          onUnsaved();
        }
        return {
          earlier: inherited ? [...known.counted].map(toCounted) : [],
          note(untilMs) {
            const counter = counterOf(platform, name, false);
            const first = !counter.stored;
            note(counter, name, endOf(untilMs), 1);
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

function roomForForgotten({ calls, windowMs }: Pick<CallLimit, 'calls' | 'windowMs'>): number {
  const perMinute = calls * Math.min(1, FORGOTTEN_OF_MS / windowMs);
  const few = Math.max(LEAST_FORGOTTEN, Math.ceil(perMinute * FORGOTTEN_PART));
  return Math.min(few, Math.floor(calls * MOST_FORGOTTEN_PART));
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
