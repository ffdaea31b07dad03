import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import type { CardOperation } from './calls.ts';
import { refusalOf } from './reply-refusals.ts';

// Feishu takes at most 10 operations a second for a card. Counting one number for each 50 ms since it was created, a
// successor that only knows that moment is past every number used before it.
const MS_PER_SEQUENCE = 50;
/** How far a successor begins ahead, in case its clock runs behind: 50 seconds' worth. */
const SUCCESSOR_LEAD = 1000;
/** How far we jump when a number was refused all the same: 80 minutes' worth of a range of 3 years. */
const SEQUENCE_JUMP = 100_000;

/** A button callback must be answered within 3 s; that is how long a card can be locked. */
const LOCK_WAIT_MS = 250;

export type CardOperationsOptions = {
  readonly cardId: string;
  /** When the card was created, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** Whether another process, or another call, may have operated on the card before. */
  readonly succeeding: boolean;
  readonly clock: Clock;
  readonly uuid: () => string;
};

export type CardOperations = {
  /**
   * Runs one operation, strictly after the one before. `send` may be called several times and must send the same each
   * time: while the card is locked (at most `lockRetries` times), once after an answer that was lost, and once after a
   * sequence number was refused.
   */
  run(
    lockRetries: number,
    signal: AbortSignal,
    send: (operation: CardOperation) => Promise<void>,
  ): Promise<void>;
};

export function createCardOperations(options: CardOperationsOptions): CardOperations {
  const { cardId, createdAt, clock, uuid } = options;
  let sequence = 0;
  let lead = options.succeeding ? SUCCESSOR_LEAD : 0;

  function next(): CardOperation {
    const elapsed = Math.floor(Math.max(0, clock.now().getTime() - createdAt) / MS_PER_SEQUENCE);
    sequence = Math.max(sequence + 1, elapsed + 1 + lead);
    return { cardId, sequence, uuid: uuid() };
  }

  async function run(
    lockRetries: number,
    signal: AbortSignal,
    send: (operation: CardOperation) => Promise<void>,
  ): Promise<void> {
    let operation = next();
    let locks = 0;
    let repeated = false;
    let jumped = false;
    for (;;) {
      try {
        return await send(operation);
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal === 'locked' && locks < lockRetries) {
          locks += 1;
          await clock.sleep(LOCK_WAIT_MS, signal);
          operation = next();
        } else if (refusal === 'sequence' && !jumped) {
          jumped = true;
          lead += SEQUENCE_JUMP;
          operation = next();
        } else if (mayHaveTakenEffect(error) && !repeated) {
          // The same number and uuid: if it did take effect, Feishu answers as it did then.
          repeated = true;
        } else throw error;
      }
    }
  }

  return { run };
}

function mayHaveTakenEffect(error: unknown): boolean {
  return error instanceof AdapterError && error.sent === 'maybe' && error.code !== 'aborted';
}
