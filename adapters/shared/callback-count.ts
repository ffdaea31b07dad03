import type { Clock } from '../../src/contract/runtime.ts';

/** The webhook requests since the start, as the doctor needs them. */
export type CallbacksSeen = {
  readonly genuine: number;
  /** When the last genuine one came. */
  readonly lastGenuine: Date | undefined;
  /** How many were refused, by what they did not match. */
  readonly refused: ReadonlyMap<CallbackMismatch, number>;
  /** When the last one came that was refused for a key of ours or its time; undefined when none was. */
  readonly lastMismatch: Date | undefined;
};

/**
 * What a refused request did not match: one of our keys by its name in the environment, our clock (`stale`), or the
 * form of a callback at all (`form`: anybody's requests, which say nothing about our settings).
 */
export type CallbackMismatch = string;

export type CallbackCount = {
  genuine(): void;
  refused(mismatch: CallbackMismatch): void;
  readonly seen: () => CallbacksSeen;
};

/** Two numbers and a few names in memory: a restart forgets them. `refused` is called with constants only. */
export function createCallbackCount(clock: Clock): CallbackCount {
  const refused = new Map<CallbackMismatch, number>();
  let genuine = 0;
  let lastGenuine: Date | undefined;
  let lastMismatch: Date | undefined;
  return {
    genuine() {
      genuine += 1;
      lastGenuine = clock.now();
    },
    refused(mismatch) {
      refused.set(mismatch, (refused.get(mismatch) ?? 0) + 1);
      if (mismatch !== 'form') lastMismatch = clock.now();
    },
    seen: () => ({ genuine, lastGenuine, refused, lastMismatch }),
  };
}
