import type { Clock, Logger } from '../../src/contract/runtime.ts';
import type { Health } from '../shared/health.ts';
import type { SessionEnd } from '../shared/session-end.ts';
import { createLineWaits, type LineState } from './line-waits.ts';

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

/** How long the other lines sleep at most before they look whether the first one is open. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Keeps the way in open until it is stopped. A line whose connection is leaving opens the next one and lets the old one
 * end by itself. Only the first line tries while none is open.
 */
export function createConnection({ clock, random, health, log, lines, serve }: Supervision): Connection {
  const stopping = new AbortController();
  const sessions = new Set<Promise<SessionEnd>>();
  let openSessions = 0;
  /** Those that are open and not leaving. */
  let receiving = 0;
  let opened = new AbortController();
  let running: Promise<unknown> | undefined;

  function up(): void {
    openSessions += 1;
    receiving += 1;
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

  /** One connection, until it is over or leaving. */
  async function hold(): Promise<LineState> {
    const nowMs = (): number => clock.now().getTime();
    let upAtMs: number | undefined;
    const onUp = (): void => {
      upAtMs = nowMs();
      up();
    };
    const leaving = Promise.withResolvers<undefined>();
    const onLeaving = (): void => {
      leaving.resolve(undefined);
    };
    const session = serve({ onUp, onLeaving }, stopping.signal).then((end) => {
      sessions.delete(session);
      down(upAtMs !== undefined, end);
      return end;
    });
    sessions.add(session);
    const end = await Promise.race([session, leaving.promise]);
    if (upAtMs === undefined)
      return { why: end?.refused === true ? 'refused' : 'unopened', heldMs: 0, last: false };
    receiving -= 1;
    return { why: 'over', heldMs: nowMs() - upAtMs, last: receiving === 0 };
  }

  async function keep(line: number): Promise<void> {
    const waitAfter = createLineWaits(random);
    while (!stopping.signal.aborted) {
      if (line > 0) await untilOpen();
      const waitMs = waitAfter(await hold());
      if (waitMs > 0) await clock.sleep(waitMs, stopping.signal);
    }
  }

  async function untilOpen(): Promise<void> {
    while (openSessions === 0 && !stopping.signal.aborted) {
      await clock.sleep(LOOK_AGAIN_MS, AbortSignal.any([stopping.signal, opened.signal]));
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
