import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { createBackoff } from '../shared/backoff.ts';
import type { Health } from './health.ts';

/** Why a connection is over. `refused`: it will be again until a person mends something. */
export type SessionEnd = { readonly detail: string; readonly refused: boolean };

export type SessionHooks = {
  /** It is open. */
  readonly onUp: () => void;
  /** It still stands but delivers nothing any more: time for the next one. */
  readonly onLeaving: () => void;
};

export type Connection = {
  start(): void;
  /** Resolves when nothing is left of it. Idempotent. */
  stop(): Promise<void>;
};

type Supervision = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly health: Health;
  readonly log: Logger;
  /**
   * How many connections are held. With two, what is pushed while one of them is being replaced comes over the other;
   * with one it would be lost, for DingTalk does not repeat what falls into a connection's last seconds.
   */
  readonly lines: number;
  /** One connection; resolves when it is over. Never rejects. */
  readonly serve: (hooks: SessionHooks, signal: AbortSignal) => Promise<SessionEnd>;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A connection that held so long was a good one: the next attempt may come soon. */
const GOOD_AFTER_MS = 60_000;
/** Connections sent away sooner than this are followed up at growing distances, up to a second. */
const SENT_AWAY_EARLY_MS = 5_000;
const EARLY_STEP_MS = 50;

/**
 * Keeps the way in open until it is stopped. A line whose connection is leaving opens the next one at once and lets the
 * old one end by itself; one whose connection broke or could not be opened tries again after a wait that doubles up to a
 * minute. Only the first line tries while none is open.
 */
export function createConnection({ clock, random, health, log, lines, serve }: Supervision): Connection {
  const stopping = new AbortController();
  const sessions = new Set<Promise<SessionEnd>>();
  let openSessions = 0;
  let opened = new AbortController();
  let running: Promise<unknown> | undefined;

  function up(): void {
    openSessions += 1;
    opened.abort();
    opened = new AbortController();
    health.set('up');
  }

  /** The last one that goes takes the health with it. */
  function down(wasUp: boolean, { detail, refused }: SessionEnd): void {
    if (wasUp) openSessions -= 1;
    if (stopping.signal.aborted) return;
    if (openSessions === 0) health.set(refused ? 'failed' : 'down', detail);
    else if (detail !== 'replaced') log.info({ detail }, 'a dingtalk connection ended; another one is open');
  }

  function begin(onLeaving: () => void): Promise<SessionEnd> {
    let wasUp = false;
    const onUp = (): void => {
      wasUp = true;
      up();
    };
    const session = serve({ onUp, onLeaving }, stopping.signal).then((end) => {
      sessions.delete(session);
      down(wasUp, end);
      return end;
    });
    sessions.add(session);
    return session;
  }

  async function keep(line: number): Promise<void> {
    const backoff = createBackoff({ random, firstMs: FIRST_WAIT_MS, capMs: LONGEST_WAIT_MS });
    let early = 0;
    while (!stopping.signal.aborted) {
      if (line > 0) await untilOpen();
      const begun = clock.now().getTime();
      const leaving = Promise.withResolvers<undefined>();
      const session = begin(() => {
        leaving.resolve(undefined);
      });
      const end = await Promise.race([session, leaving.promise]);
      const heldMs = clock.now().getTime() - begun;
      if (heldMs > GOOD_AFTER_MS || end === undefined) backoff.reset();
      early = end === undefined && heldMs < SENT_AWAY_EARLY_MS ? early + 1 : 0;
      const replaceMs = Math.min(FIRST_WAIT_MS, early * EARLY_STEP_MS);
      const waitMs = end === undefined ? replaceMs : end.refused ? LONGEST_WAIT_MS : backoff.next();
      if (waitMs > 0) await clock.sleep(waitMs, stopping.signal);
    }
  }

  async function untilOpen(): Promise<void> {
    while (openSessions === 0 && !stopping.signal.aborted) {
      await clock.sleep(LONGEST_WAIT_MS, AbortSignal.any([stopping.signal, opened.signal]));
    }
  }

  return {
    start() {
      running ??= Promise.all(Array.from({ length: lines }, (_, line) => keep(line)));
    },
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(sessions);
    },
  };
}
