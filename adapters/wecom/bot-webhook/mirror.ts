import type { SharedValues } from '../../../src/contract/replicas.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { isFields, read, readNumber, readText } from '../../shared/json.ts';
import { botWebhookAdapterId } from '../ids.ts';
import { NOTHING_YET, type Stream, type StreamAnswer } from './streams.ts';

/** Shows the streams of this process to the other replicas, and theirs to this one. */
export type Mirror = {
  /** From now on, others can answer for this stream; ends with it. */
  readonly follow: (stream: Stream) => void;
  /**
   * What to answer for a stream that another replica shows; undefined for one that none does. `mine`: the stream as it is
   * known here, which is no longer what is shown once another replica has taken it up.
   */
  ask(id: string, mine?: Stream): Promise<StreamAnswer | undefined>;
};

export type MirrorOptions = {
  readonly shared: SharedValues;
  /** This process, different at every start. */
  readonly writer: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stopped: AbortSignal;
};

/** How often a growing stream is shown to the others; WeCom asks about once a second. */
const INTERVAL_MS = 1_000;
/** As long as a stream is remembered in memory, too. */
const KEPT_MS = 15 * 60_000;
/** WeCom asks for six minutes (path 100719); until then another replica may hand the end out. */
const ASKED_MS = 6 * 60_000;
/** The answer to WeCom is to come within 1.5 s. */
const PATIENCE_MS = 800;

const keyOf = (id: string): string => `${botWebhookAdapterId}:${id}`;
/** Under this key whoever handed the end out says so. */
const takenKeyOf = (id: string): string => `${keyOf(id)}:taken`;

/** What was shown last. */
type Before = { text: string | undefined };
type Shown = StreamAnswer & { readonly writer: string; readonly since: number };

export function createMirror({ shared, writer, clock, log, stopped }: MirrorOptions): Mirror {
  async function lookUp(id: string): Promise<Shown | undefined> {
    const found = await shared.get(keyOf(id));
    const content = readText(found, 'content');
    const from = readText(found, 'writer');
    const since = readNumber(found, 'since');
    if (!isFields(found) || content === undefined || from === undefined || since === undefined)
      return undefined;
    return { finish: read(found, 'finish') === true, content, writer: from, since };
  }

  /** When that takes too long or fails nobody can say that the stream has ended. */
  async function lookUpInTime(id: string): Promise<Shown | undefined | 'unknown'> {
    const over = new AbortController();
    const late = clock
      .sleep(PATIENCE_MS, AbortSignal.any([over.signal, stopped]))
      .then((): 'unknown' => 'unknown');
    const found = lookUp(id).catch((error: unknown): 'unknown' => {
      log.warn({ error }, 'a stream could not be looked for among the replicas');
      return 'unknown';
    });
    const first = await Promise.race([found, late]);
    over.abort();
    return first;
  }

  /** One look at the stream; true when there is nothing more to show. */
  async function showOnce(stream: Stream, since: number, before: Before): Promise<boolean> {
    const { finish, content } = stream.peek();
    const text = JSON.stringify([finish, content]);
    if (text !== before.text) {
      const now = await lookUp(stream.id);
      // Another replica has taken it up since: what it shows counts.
      if (now !== undefined && now.writer !== writer && now.since > since) return true;
      // What was shown before a take-over stays until there is something to say.
      if (now === undefined || stream.begun() || finish) {
        await shared.put(keyOf(stream.id), { finish, content, writer, since }, KEPT_MS);
        before.text = text;
      }
    }
    if (!finish || !(stream.taken() || (await shared.get(takenKeyOf(stream.id))) === true)) return false;
    stream.take();
    return true;
  }

  /** Shows each change, at most once in the interval, and looks at the end whether another replica has handed that out. */
  async function show(stream: Stream, since: number): Promise<void> {
    const before: Before = { text: undefined };
    while (!stopped.aborted && clock.now().getTime() - since < ASKED_MS) {
      const over = await showOnce(stream, since, before).catch((error: unknown) => {
        log.warn({ error }, 'a stream could not be shown to the other replicas');
        return false;
      });
      if (over) return;
      const wake = stream.ending.aborted ? stopped : AbortSignal.any([stopped, stream.ending]);
      await clock.sleep(INTERVAL_MS, wake);
    }
  }

  return {
    follow(stream) {
      if (!shared.several) return;
      void show(stream, clock.now().getTime());
    },
    async ask(id, mine) {
      if (!shared.several) return undefined;
      const found = await lookUpInTime(id);
      if (found === 'unknown')
        return mine === undefined ? { finish: false, content: NOTHING_YET } : undefined;
      if (found === undefined || (found.writer === writer && mine !== undefined)) return undefined;
      if (found.finish)
        await shared.put(takenKeyOf(id), true, KEPT_MS).catch((error: unknown) => {
          log.warn({ error }, 'that the end of a stream was handed out could not be told');
        });
      return { finish: found.finish, content: found.content };
    },
  };
}
