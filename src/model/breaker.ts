import type { Clock } from '../contract/runtime.ts';

/**
 * How far a server is trusted with a message. `well` as any · `trial` out long enough: one message may find out whether
 * it is back · `doubtful` failed lately, asked after the others · `ejected` asked only when there is nobody else.
 */
export type Trust = 'well' | 'trial' | 'doubtful' | 'ejected';

/** Keeps messages away from a server that fails. The breaker of one server. */
export type Breaker = {
  trust(): Trust;
  /** `hard` leaves no doubt (refused, loading, wrong key); others eject when they come five times in a row. */
  failed(hard: boolean): void;
  succeeded(): void;
  /** A check got through: that proves a refusing server to be back, but not one whose answers failed. */
  reachable(): void;
  /** A message is sent. Call the result when its outcome is known, whatever it is. */
  begin(): () => void;
};

const failuresUntilEjected = 5;
const ejectedMs = 30_000;
const doubtMs = 30_000;

export function createBreaker(clock: Clock): Breaker {
  const now = (): number => clock.now().getTime();
  let failures = 0;
  let failedAt = -Infinity;
  let ejection: { readonly until: number; readonly hard: boolean } | undefined;
  let trying = false;

  function trust(): Trust {
    if (ejection !== undefined) return trying || now() < ejection.until ? 'ejected' : 'trial';
    return now() - failedAt < doubtMs ? 'doubtful' : 'well';
  }

  function succeeded(): void {
    failures = 0;
    failedAt = -Infinity;
    ejection = undefined;
  }

  return {
    trust,
    failed(hard) {
      failures += 1;
      failedAt = now();
      if (hard || ejection !== undefined || failures >= failuresUntilEjected)
        ejection = { until: failedAt + ejectedMs, hard };
    },
    succeeded,
    reachable() {
      if (ejection?.hard === true) succeeded();
    },
    begin() {
      if (trust() !== 'trial') return () => undefined;
      trying = true;
      return () => (trying = false);
    },
  };
}
