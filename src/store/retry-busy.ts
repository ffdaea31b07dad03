import type { Clock } from '../contract/runtime.ts';

/** SQLite's primary result codes for "somebody else holds the lock" (sqlite.org/rescode.html: 5 BUSY, 6 LOCKED). */
const busyCodes = new Set([5, 6]);

function isBusy(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return false;
  return typeof error.errcode === 'number' && busyCodes.has(error.errcode & 0xff);
}

/** Tries again for up to `patienceMs` while another connection (a backup, say) holds the lock; other errors pass. */
export async function retryWhileBusy<Result>(
  clock: Clock,
  patienceMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const giveUpAt = clock.now().getTime() + patienceMs;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 100)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || clock.now().getTime() + waitMs > giveUpAt) throw error;
      await clock.sleep(waitMs);
    }
  }
}
