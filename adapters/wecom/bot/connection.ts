import type { Inbox } from '../../../src/contract/inbound.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { createBackoff } from '../../shared/backoff.ts';
import type { Health } from '../../shared/health.ts';
import { botAdapterId } from '../ids.ts';
import type { SessionEnd } from './session.ts';

export type Connection = {
  start(inbox: Inbox): void;
  /** Resolves when nothing is left of it. Idempotent. */
  stop(): Promise<void>;
};

type Supervision = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly health: Health;
  readonly log: Logger;
  /** One long connection: calls `onUp`, and resolves when it is over. Never rejects. */
  readonly serve: (onUp: () => void, signal: AbortSignal) => Promise<SessionEnd>;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** A connection that held so long was a good one: the next attempt may come soon. */
const GOOD_AFTER_MS = 60_000;
/** After another login: 30 to 60 s, then twice as long each time. */
const DISPLACED_WAIT_MS = 30_000;
const LONGEST_DISPLACED_WAIT_MS = 15 * 60_000;
/** Not displaced for so long: whoever it was has gone. */
const PEACE_AFTER_MS = 30 * 60_000;

/**
 * Keeps the long connection open until it is stopped. A bot has one: a second login ends the first, so two services with
 * one bot would throw each other out for ever. Being displaced is reported, and not fought: each time we come back later.
 */
export function createConnection({ clock, random, health, log, serve }: Supervision): Connection {
  const stopping = new AbortController();
  const backoff = createBackoff({ random, firstMs: FIRST_WAIT_MS, capMs: LONGEST_WAIT_MS });
  let displacements = 0;
  let running: Promise<void> | undefined;

  /** How long to wait before the next attempt. */
  async function attempt(inbox: Inbox): Promise<number> {
    const begun = clock.now().getTime();
    const end = await serve(() => {
      health.set('up');
    }, stopping.signal);
    if (stopping.signal.aborted) return 0;
    const heldMs = clock.now().getTime() - begun;
    if (heldMs > GOOD_AFTER_MS) backoff.reset();
    if (heldMs > PEACE_AFTER_MS) displacements = 0;
    health.set(end.kind === 'refused' ? 'failed' : 'down', end.detail);
    if (end.kind === 'displaced') return displaced(inbox);
    return end.kind === 'refused' ? LONGEST_WAIT_MS : backoff.next();
  }

  function displaced(inbox: Inbox): number {
    const waitMs = DISPLACED_WAIT_MS * (1 + random()) * 2 ** Math.min(displacements, 10);
    displacements += 1;
    const evidence = `another login, time ${displacements}`;
    inbox({ type: 'notice', adapter: botAdapterId, code: 'displaced', evidence }).catch(() => {
      log.warn({}, 'wecom notice of another login not stored');
    });
    return Math.min(LONGEST_DISPLACED_WAIT_MS, Math.round(waitMs));
  }

  async function run(inbox: Inbox): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(await attempt(inbox), stopping.signal);
    }
  }

  return {
    start(inbox) {
      running ??= run(inbox);
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
