import type { Clock } from '../contract/runtime.ts';
import { isPassing } from './store-errors.ts';

/**
 * Tries again for up to `patienceMs` while another connection (a backup, say) holds the lock, or the database cannot be
 * reached; other errors pass.
 */
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
      if (!isPassing(error) || clock.now().getTime() + waitMs > giveUpAt) throw error;
      await clock.sleep(waitMs);
    }
  }
}
