import type { Clock, Logger } from '../contract/runtime.ts';
import type { Leases } from '../replicas/leases.ts';
import type { Running } from './running.ts';

/** Time that closing the rest may take once the grace is over, before the process lets go. */
const closingMs = 1_200;
/** And then until the last waits have noticed; with the default grace all stays below the ten seconds of `docker stop`. */
const lettingGoMs = 300;

export type DrainParts = {
  /** What is under way; each leaves when it has ended. */
  readonly working: ReadonlySet<Promise<void>>;
  readonly running: Pick<Running, 'stopAll' | 'letGoOfAll'>;
  /** Aborts when no further message of our own may leave. */
  readonly halting: AbortController;
  /** Aborts when the process must let go of everything. */
  readonly dying: AbortController;
  readonly leases: Pick<Leases, 'release' | 'nobodyElse'>;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * Waits for running turns up to `graceMs`, then ends the rest with a note, or hands them over; resolves when every reply
 * has ended. `closeIntake` ends what was still taken in until then.
 */
export type Drain = (graceMs: number, closeIntake?: () => Promise<void>) => Promise<void>;

export function createDrain(parts: DrainParts): Drain {
  const { working, running, halting, dying, leases, clock, log } = parts;

  async function allEnded(withinMs: number): Promise<boolean> {
    const over = new AbortController();
    const ended = (async () => {
      while (working.size > 0) await Promise.allSettled(working);
      return true;
    })();
    const late = clock.sleep(withinMs, over.signal).then(() => false);
    const inTime = await Promise.race([ended, late]);
    over.abort();
    return inTime;
  }

  function endTheRest(): void {
    if (leases.nobodyElse()) {
      log.warn({ turns: working.size }, 'the grace is over, ending the rest with a note');
      running.stopAll('shutting-down');
    } else {
      log.info({ turns: working.size }, 'the grace is over, handing the rest over');
      running.letGoOfAll();
    }
    halting.abort();
  }

  return async (graceMs, closeIntake = async () => undefined) => {
    const inTime = await allEnded(graceMs);
    await closeIntake();
    if (!inTime || working.size > 0) {
      endTheRest();
      await allEnded(closingMs);
    }
    dying.abort();
    await allEnded(lettingGoMs);
    try {
      await leases.release();
    } catch (error) {
      log.warn({ error }, 'the leases could not be given back; they end by themselves');
    }
  };
}
