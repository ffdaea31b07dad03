import type { Clock } from '../../src/contract/runtime.ts';

/** Spaces the updates of one reply: close together at first, further apart later, for each one counts for the month. */
export type Spacing = {
  /** Resolves when the next update may leave, or when the signal aborts. */
  due(signal: AbortSignal): Promise<void>;
  /** An update left. */
  left(): void;
};

type SpacingOptions = {
  readonly clock: Clock;
  readonly updateIntervalMs: number;
  /** Whether the month's calls are counted: then there are fewer updates. */
  readonly thrifty: boolean;
};

/** The time between two updates is this part of the reply's age: half a minute of text is some 26 updates, or 17. */
const PART_OF_AGE = 1 / 8;
const THRIFTY_PART_OF_AGE = 1 / 4;
/** Nobody should take it for dead. */
const LONGEST_MS = 10_000;

export function createSpacing({ clock, updateIntervalMs, thrifty }: SpacingOptions): Spacing {
  const now = (): number => clock.now().getTime();
  const bornAt = now();
  let leftAt = -Infinity;
  return {
    async due(signal) {
      const part = thrifty ? THRIFTY_PART_OF_AGE : PART_OF_AGE;
      const grown = Math.min(LONGEST_MS, (now() - bornAt) * part);
      const waitMs = leftAt + Math.max(updateIntervalMs, grown) - now();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    },
    left() {
      leftAt = now();
    },
  };
}
