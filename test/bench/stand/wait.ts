import { setTimeout as sleep } from 'node:timers/promises';
import { preciseNow } from './model-protocol.ts';

/** However loaded: the platform takes a minute to close a thousand replies. */
const patienceMs = 180_000;

/** Looks twenty times a second; rejects when it does not happen within three minutes. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`never happened: ${what}`);
    await sleep(50);
  }
}

/** Does something so many times, evenly over a time. */
export async function evenly(count: number, spreadMs: number, act: (number: number) => void): Promise<void> {
  const beganAt = preciseNow();
  for (let number = 0; number < count; number += 1) {
    const aheadMs = (spreadMs * number) / count - (preciseNow() - beganAt);
    if (aheadMs > 1) await sleep(aheadMs);
    act(number);
  }
}
