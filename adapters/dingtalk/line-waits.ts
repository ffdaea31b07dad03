import { createBackoff } from '../shared/backoff.ts';

/**
 * Why a line needs another connection. `refused`: it will be refused until a person mends something. `unopened`: it could
 * not be opened. `over`: it was open, and broke or was sent away.
 */
export type LineState = {
  readonly why: 'refused' | 'unopened' | 'over';
  /** How long it was open. */
  readonly heldMs: number;
  /** No other connection receives. */
  readonly last: boolean;
};

const FIRST_ATTEMPT_MS = 1_000;
const LONGEST_ATTEMPT_MS = 60_000;
/** Connections that end sooner than this, one after another, are followed up at growing distances. */
const HELD_MS = 5_000;
const FIRST_FOLLOW_MS = 50;
const LONGEST_FOLLOW_MS = 1_000;
/** The last one is followed up at once if it held so long: until then nothing can come in. */
const LAST_HELD_MS = 250;

/**
 * How long one line waits before its next attempt. What cannot be opened is tried again after waits that double up to a
 * minute. What was open is followed up within a moment, however often it breaks, since what is pushed while no
 * connection is open does not come again; but not in a storm, should each one be sent away as soon as it is open.
 */
export function createLineWaits(random: () => number): (state: LineState) => number {
  const attempts = createBackoff({ random, firstMs: FIRST_ATTEMPT_MS, capMs: LONGEST_ATTEMPT_MS });
  const follows = createBackoff({ random, firstMs: FIRST_FOLLOW_MS, capMs: LONGEST_FOLLOW_MS });
  return ({ why, heldMs, last }) => {
    if (why === 'refused') return LONGEST_ATTEMPT_MS;
    if (why === 'unopened') return attempts.next();
    attempts.reset();
    if (heldMs >= HELD_MS) follows.reset();
    return last && heldMs >= LAST_HELD_MS ? 0 : follows.next();
  };
}
