import type { Elect, Election } from '../contract/replicas.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { ElectFor } from '../store/elections.ts';

/** Stands for everything of which only one process may do it. */
const office = 'leader';
/** Work that failed is begun again after this. */
const againMs = 5_000;

/** Which of the processes on one database does what must be done once. */
export type Leadership = {
  /** From memory. */
  readonly leading: () => boolean;
  /**
   * For whatever needs to be the only one. All of a process share one office, so that whoever leads is also the one who is
   * connected where only one may be; it is given up when the last of them has resigned.
   */
  readonly elect: Elect;
  /** Does the work whenever this process leads, until the signal aborts; `work` must end when its own signal aborts. */
  keep(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
};

type Term = { readonly election: Election; users: number };

export function createLeadership(
  electFor: ElectFor,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Leadership {
  let term: Term | undefined;
  let candidacy:
    { readonly elected: Promise<Term>; readonly withdraw: AbortController; waiting: number } | undefined;

  const current = (): Term | undefined =>
    term === undefined || term.election.lost.aborted ? undefined : term;

  function stand(): NonNullable<typeof candidacy> {
    const withdraw = new AbortController();
    const elected = electFor(office, withdraw.signal).then((election) => {
      term = { election, users: 0 };
      return term;
    });
    const standing = { elected, withdraw, waiting: 0 };
    void elected
      .catch(() => undefined)
      .finally(() => {
        if (candidacy === standing) candidacy = undefined;
      });
    return standing;
  }

  /** The candidacy ends with the last who waits for it. */
  async function elected(signal: AbortSignal): Promise<Term> {
    const standing = (candidacy ??= stand());
    standing.waiting += 1;
    try {
      return await orAborted(standing.elected, signal);
    } finally {
      standing.waiting -= 1;
      if (standing.waiting === 0 && signal.aborted) {
        standing.withdraw.abort(signal.reason);
        if (candidacy === standing) candidacy = undefined;
        // Elected at the very moment: nobody wants it any more.
        standing.elected.then(release, () => undefined);
      }
    }
  }

  function release(given: Term): Promise<void> | undefined {
    if (given.users > 0) return undefined;
    if (term === given) term = undefined;
    return given.election.resign();
  }

  async function elect(signal: AbortSignal): Promise<Election> {
    signal.throwIfAborted();
    const mine = current() ?? (await elected(signal));
    mine.users += 1;
    let resigned = false;
    return {
      lost: mine.election.lost,
      holds: () => mine.election.holds(),
      async resign() {
        if (resigned) return;
        resigned = true;
        mine.users -= 1;
        await release(mine);
      },
    };
  }

  return {
    leading: () => current() !== undefined,
    elect,
    async keep(work, signal) {
      while (!signal.aborted) {
        const election = await elect(signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
        if (election === undefined) return;
        const over = AbortSignal.any([signal, election.lost]);
        try {
          await work(over);
          // Work that has come to its end is done for as long as this process leads.
          await clock.sleep(Infinity, over);
        } catch (error) {
          log.error({ error }, 'what only the leader does has failed');
          await clock.sleep(againMs, over);
        } finally {
          await election.resign();
        }
      }
    },
  };
}

async function orAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([aborted, value]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
