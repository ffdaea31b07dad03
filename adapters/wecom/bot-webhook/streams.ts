import { createHash } from 'node:crypto';
import type { Snapshot } from '../../../src/contract/reply.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { liveContent, sealedContent } from '../content.ts';
import { words } from '../words.ts';

/** What WeCom is answered when it asks for a stream. */
export type StreamAnswer = { readonly finish: boolean; readonly content: string };

/** One stream, as it would be answered now. The core writes, WeCom reads. */
export type Stream = {
  readonly id: string;
  /** The opening it belongs to; a message has one bubble. Undefined until it is opened. */
  key: string | undefined;
  /** A reply was opened in it or taken up again; before that only the callback is known. */
  show(snapshot: Snapshot): void;
  end(content: string): void;
  /** `sealed`: finished before the answer was, and `shown` is the text it has. */
  state(): 'live' | 'sealed' | 'ended';
  shown(): string;
  /** The end was handed to WeCom. */
  readonly taken: () => boolean;
  /** Counts as handing out the end, if it has one. */
  answer(): StreamAnswer;
  /** As it would be answered, without handing anything out. */
  peek(): StreamAnswer;
  /** The end was handed out, by whomever. */
  take(): void;
  /** Aborts when the end is there. */
  readonly ending: AbortSignal;
  /** For so long the core has shown nothing new, in milliseconds. */
  quietMs(): number;
  /** Ends when `holds` does, or after `withinMs`, or when aborted. */
  until(holds: () => boolean, withinMs: number, signal: AbortSignal): Promise<void>;
  readonly begun: () => boolean;
};

export type Streams = {
  /** The stream of this id; made when there is none. */
  open(id: string, receivedAt: number): Stream;
  find(id: string): Stream | undefined;
  /** As `find`, but waits up to `withinMs` for one to be opened. */
  await(id: string, withinMs: number, signal: AbortSignal): Promise<Stream | undefined>;
  /** Nobody knows it: at first another process may still show it or take it up, later it has ended with a sentence. */
  bury(id: string): StreamAnswer;
};

/** WeCom asks for six minutes, and for finished streams again; a reply taken up after a restart may need it longer. */
const KEPT_MS = 15 * 60_000;
/**
 * Where several processes share a database, one may have taken a message and died before it showed the stream to the others;
 * within this time another one has taken it up, waiting for leases included. A process that is alone has taken up everything
 * before it is asked.
 */
export const TAKING_UP_MS = 30_000;
/** Each holds at most one content of 20 KB. */
const MAX_STREAMS = 2_000;
/** Shows WeCom's own dots: the stream begins before there is a word to say. */
export const NOTHING_YET = '<think></think>';

const OUR_ID = /^[0-9a-f]{32}$/;

/** The same for every repetition of a message, also after a restart or on another replica. */
export function streamIdOf(msgid: string): string {
  return createHash('sha256').update(`stream:${msgid}`).digest('hex').slice(0, 32);
}

/** The snapshots WeCom asks for: bounded, in memory; a restart forgets them, and the core puts them back. */
export function createStreams(
  clock: Clock,
  streamLifetimeMs: number,
  onOpened: (stream: Stream) => void,
  /** For how long a stream that nobody knows may still be taken up, from when it is asked for first. */
  takingUpMs: number,
): Streams {
  const streams = new Map<string, { readonly stream: Stream; readonly madeAt: number }>();
  const watchers = new Set<() => void>();
  const missedSince = new Map<string, number>();

  /** How long it has been asked for in vain. */
  function missedForMs(id: string): number {
    const now = clock.now().getTime();
    const since = missedSince.get(id) ?? now;
    missedSince.set(id, since);
    for (const oldest of missedSince.keys()) {
      if (missedSince.size <= MAX_STREAMS) break;
      missedSince.delete(oldest);
    }
    return now - since;
  }

  function add(id: string, stream: Stream): Stream {
    const now = clock.now().getTime();
    for (const [oldest, { madeAt }] of streams) {
      if (streams.size < MAX_STREAMS && now - madeAt < KEPT_MS) break;
      streams.delete(oldest);
    }
    streams.set(id, { stream, madeAt: now });
    for (const tell of watchers) tell();
    return stream;
  }

  return {
    open(id, receivedAt) {
      const known = streams.get(id)?.stream;
      if (known !== undefined) return known;
      const stream = add(id, createStream(id, receivedAt, clock, streamLifetimeMs));
      onOpened(stream);
      return stream;
    },
    find: (id) => streams.get(id)?.stream,
    async await(id, withinMs, signal) {
      await waitUntil(() => streams.has(id), withinMs, watchers, clock, signal);
      return streams.get(id)?.stream;
    },
    bury(id) {
      // An id that is none of ours is not worth remembering.
      if (!OUR_ID.test(id)) return { finish: true, content: words.endedStream };
      if (missedForMs(id) < takingUpMs) return { finish: false, content: NOTHING_YET };
      missedSince.delete(id);
      const stream = createStream(id, -Infinity, clock, streamLifetimeMs);
      return add(id, stream).answer();
    },
  };
}

function createStream(id: string, receivedAt: number, clock: Clock, streamLifetimeMs: number): Stream {
  const watchers = new Set<() => void>();
  let latest: Snapshot | undefined;
  let final: string | undefined;
  let sealed: { readonly content: string; readonly shown: string } | undefined;
  let taken = false;
  let changedAt = clock.now().getTime();
  const ending = new AbortController();

  function changed(): void {
    changedAt = clock.now().getTime();
    for (const tell of watchers) tell();
  }

  /** Its time is over: WeCom stops asking soon, and what comes later goes another way. */
  function seal(): StreamAnswer {
    const content = latest === undefined ? words.endedStream : sealedContent(latest);
    sealed = { content, shown: latest?.markdown ?? '' };
    return { finish: true, content };
  }

  function peek(): StreamAnswer {
    if (sealed !== undefined) return { finish: true, content: sealed.content };
    if (final !== undefined) return { finish: true, content: final };
    if (clock.now().getTime() - receivedAt >= streamLifetimeMs) return seal();
    return { finish: false, content: latest === undefined ? NOTHING_YET : liveContent(latest) };
  }

  function take(): void {
    taken = true;
    changed();
  }

  return {
    id,
    key: undefined,
    show(snapshot) {
      latest = snapshot;
      changed();
    },
    end(content) {
      final = content;
      latest = undefined;
      ending.abort();
      changed();
    },
    state: () => (sealed !== undefined ? 'sealed' : final !== undefined ? 'ended' : 'live'),
    shown: () => sealed?.shown ?? '',
    taken: () => taken,
    answer() {
      const answered = peek();
      if (sealed === undefined && final !== undefined) take();
      return answered;
    },
    peek,
    take,
    ending: ending.signal,
    quietMs: () => clock.now().getTime() - changedAt,
    until: (holds, withinMs, signal) => waitUntil(holds, withinMs, watchers, clock, signal),
    begun: () => latest !== undefined || final !== undefined,
  };
}

async function waitUntil(
  holds: () => boolean,
  withinMs: number,
  watchers: Set<() => void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (holds()) return;
  const over = new AbortController();
  const tell = (): void => {
    if (holds()) over.abort();
  };
  watchers.add(tell);
  await clock.sleep(withinMs, AbortSignal.any([over.signal, signal]));
  watchers.delete(tell);
}
