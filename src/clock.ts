import type { Clock } from './contract/runtime.ts';

/** The longest a Node timer can wait, in milliseconds; with more it would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's own time. A sleep longer than 24.8 days ends after 24.8 days. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep(milliseconds, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(Math.max(0, milliseconds), MAX_TIMER_MS));
      signal?.addEventListener('abort', end, { once: true });
    });
  },
};
