import type { CallLimit } from '../../../src/contract/budget.ts';
import { createCallBudget } from '../../../src/reply/call-budget.ts';
import { createPacedWriter } from '../../../src/reply/paced-writer.ts';
import { createFakeClock } from '../../fakes/clock.ts';

/** One edit of one reply: when the budget let it go (and it took its text), and when it stood on the screen. */
export type Edit = { readonly reply: number; readonly leftAtMs: number; readonly shownAtMs: number };

export type Crowd = {
  readonly replies: number;
  readonly limits: readonly CallLimit[];
  readonly intervalMs: number;
  readonly callMs: number;
  readonly forMs: number;
  /** All begin within this time, default at once. */
  readonly arriveWithinMs?: number;
};

const api = 'card.content';

/** So many replies that always have something new to say, each in a group of its own, for so long. */
export async function watchCrowd(crowd: Crowd): Promise<readonly Edit[]> {
  const { replies, limits, intervalMs, callMs, forMs, arriveWithinMs = 0 } = crowd;
  const clock = createFakeClock();
  const startMs = clock.now().getTime();
  const nowMs = (): number => clock.now().getTime() - startMs;
  const budget = createCallBudget({ limits, clock });
  const edits: Edit[] = [];
  const stop = new AbortController();

  function begin(reply: number): void {
    const keys = { api, card: `card ${reply}`, chat: `chat ${reply}` };
    const writer = createPacedWriter({
      write: (urgency, signal, leaving) =>
        budget.run({ ...keys, urgency }, AbortSignal.any([signal, stop.signal]), async () => {
          const leftAtMs = nowMs();
          leaving();
          writer.touch();
          await clock.sleep(callMs);
          edits.push({ reply, leftAtMs, shownAtMs: nowMs() });
        }),
      intervalMs: () => intervalMs,
      clock,
      onError: () => 'stop',
    });
    writer.touch('first');
  }

  for (let reply = 0; reply < replies; reply += 1)
    void clock.sleep((arriveWithinMs * reply) / replies).then(() => begin(reply));
  await clock.advance(forMs);
  stop.abort();
  budget.stop();
  await clock.advance(60_000);
  return edits;
}

/** How long what was said in a window of time took to be seen. */
export type Lag = { readonly meanMs: number; readonly p95Ms: number };

/** Of words said every `everyMs` by each reply within the window. What was not shown by the end is left out. */
export function lagOf(
  edits: readonly Edit[],
  window: { readonly fromMs: number; readonly toMs: number; readonly everyMs: number },
): Lag {
  const lags: number[] = [];
  for (const own of Map.groupBy(edits, ({ reply }) => reply).values()) {
    const sorted = own.toSorted((one, other) => one.leftAtMs - other.leftAtMs);
    let next = 0;
    for (let atMs = window.fromMs; atMs < window.toMs; atMs += window.everyMs) {
      while ((sorted[next]?.leftAtMs ?? Infinity) < atMs) next += 1;
      const edit = sorted[next];
      if (edit !== undefined) lags.push(edit.shownAtMs - atMs);
    }
  }
  lags.sort((one, other) => one - other);
  const sum = lags.reduce((total, lag) => total + lag, 0);
  return { meanMs: sum / lags.length, p95Ms: lags[Math.floor(lags.length * 0.95)] ?? Number.NaN };
}

/** Round robin at the rate that the limits permit for good: each reply is edited every so many milliseconds. */
export function idealPeriodMs(replies: number, limits: readonly CallLimit[]): number {
  return Math.max(
    ...limits.map(({ per, calls, windowMs }) => ((per === 'card' ? 1 : replies) * windowMs) / calls),
  );
}
