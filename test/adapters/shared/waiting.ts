import { setTimeout as wait } from 'node:timers/promises';

/** A signal that never aborts. */
export const never = new AbortController().signal;

/** Asks every 5 ms, 2,000 times by default, until `holds` gives something; only for what happens over real sockets. */
export async function until<Found>(holds: () => Found | undefined | false, times = 2_000): Promise<Found> {
  for (let tries = 0; tries < times; tries += 1) {
    const found = holds();
    if (found !== undefined && found !== false) return found;
    await wait(5);
  }
  throw new Error('it did not come about in time');
}
