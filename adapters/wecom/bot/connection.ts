import type { Inbox } from '../../../src/contract/inbound.ts';
import type { Elect, Election } from '../../../src/contract/replicas.ts';
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
  readonly elect: Elect;
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
/** Who is not elected within this is not the first, and says so. */
const STANDBY_AFTER_MS = 500;

/**
 * Keeps the long connection open until it is stopped. A bot has one: a second login ends the first, so of several replicas
 * only the elected one connects, and two services with one bot would throw each other out for ever. Being displaced is
 * reported, and not fought: each time we come back later.
 */
export function createConnection({ clock, random, health, log, elect, serve }: Supervision): Connection {
  const stopping = new AbortController();
  const backoff = createBackoff({ random, firstMs: FIRST_WAIT_MS, capMs: LONGEST_WAIT_MS });
  let displacements = 0;
  let running: Promise<void> | undefined;

  /** How long to wait before the next attempt. */
  async function attempt(inbox: Inbox, election: Election, over: AbortSignal): Promise<number> {
    const begun = clock.now().getTime();
    const end = await serve(() => {
      health.set('up');
    }, over);
    if (over.aborted) return 0;
    const heldMs = clock.now().getTime() - begun;
    if (heldMs > GOOD_AFTER_MS) backoff.reset();
    if (heldMs > PEACE_AFTER_MS) displacements = 0;
    // Thrown out by the replica that was elected while this process stood still: nobody's fault.
    if (end.kind === 'displaced' && !(await election.holds())) return 0;
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

  async function elected(): Promise<Election> {
    const over = new AbortController();
    const sayWhenSecond = async (): Promise<void> => {
      await clock.sleep(STANDBY_AFTER_MS, AbortSignal.any([over.signal, stopping.signal]));
      if (!over.signal.aborted && !stopping.signal.aborted)
        health.set('standby', 'another replica is connected');
    };
    void sayWhenSecond();
    try {
      return await elect(stopping.signal);
    } finally {
      over.abort();
    }
  }

  /** From being elected until that is over. */
  async function lead(inbox: Inbox, election: Election): Promise<void> {
    const over = AbortSignal.any([stopping.signal, election.lost]);
    while (!over.aborted) {
      await clock.sleep(await attempt(inbox, election, over), over);
    }
    // What was learned of the platform was learned in another time; the others may have been connected since.
    backoff.reset();
    if (election.lost.aborted) health.set('standby', 'no longer elected');
    await election.resign();
  }

  async function run(inbox: Inbox): Promise<void> {
    for (;;) {
      // Only our own end breaks an election off.
      const election = await elected().catch(() => undefined);
      if (election === undefined) return;
      await lead(inbox, election);
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
