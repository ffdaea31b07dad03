import {
  createMeasuredConcurrency,
  type MeasuredConcurrency,
  type Sent,
} from '../../../src/model/measured-concurrency.ts';

export type EngineKind = 'silent' | 'publishing' | 'refusing';

export type SimulationOptions = {
  /** Answers it makes at once; the others wait inside, in silence or not. */
  readonly capacity: number;
  /** `silent` queues and tells nothing · `publishing` tells its load every 4 s · `refusing` queues nothing. */
  readonly kind: EngineKind;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Where the measuring begins. Default 16. */
  readonly start?: number;
};

/** What a stretch of time looked like, averaged over time. */
export type Stretch = {
  readonly limit: number;
  /** Requests the engine really worked on. */
  readonly worked: number;
  readonly least: number;
  readonly most: number;
};

type Job = { readonly sent: Sent; readonly sentAt: number };
type Event = { readonly at: number; readonly run: () => void };

const pollMs = 4_000;

/** An engine of known capacity with endless demand before it, on a clock of its own that jumps from event to event. */
export function simulateEngine({ capacity, kind, random, start = 16 }: SimulationOptions) {
  let places = capacity;
  let now = 0;
  let running = 0;
  let worked = 0;
  let wanted = Infinity;
  const inside: Job[] = [];
  const events: Event[] = [];
  const concurrency: MeasuredConcurrency = createMeasuredConcurrency(start, () => undefined);
  const between = (from: number, to: number): number => from + random() * (to - from);
  const after = (delayMs: number, run: () => void): void => void events.push({ at: now + delayMs, run });

  function work(): void {
    for (let job = inside[0]; job !== undefined && worked < places; job = inside[0]) {
      inside.shift();
      worked += 1;
      const { sent, sentAt } = job;
      // A picture or a long history takes the longer; every third has one.
      const prefillMs = random() < 0.3 ? between(1_000, 2_500) : between(100, 600);
      const firstTokenMs = now - sentAt + prefillMs;
      const durationMs = firstTokenMs + between(1_000, 15_000);
      after(durationMs - (now - sentAt), () => {
        worked -= 1;
        running -= 1;
        sent.answered({ firstTokenMs, durationMs });
      });
    }
  }

  function send(): void {
    while (running < Math.min(concurrency.limit, wanted)) {
      running += 1;
      const sent = concurrency.sent(running);
      if (kind === 'refusing' && worked + inside.length >= places) {
        sent.refused();
        // As after any refusal, it is asked again in a while.
        after(between(500, 1_500), () => void (running -= 1));
      } else inside.push({ sent, sentAt: now });
      work();
    }
  }

  function poll(): void {
    concurrency.engineSays({ running: worked, waiting: inside.length }, running);
    after(pollMs, poll);
  }
  if (kind === 'publishing') poll();

  return {
    concurrency,
    setCapacity: (next: number) => void (places = next),
    /** How many requests people want to have running; endless at the beginning. */
    setDemand: (next: number) => void (wanted = next),
    run(forMs: number): Stretch {
      const until = now + forMs;
      const sums = { limit: 0, worked: 0 };
      let [least, most] = [Infinity, 0];
      while (now < until) {
        work();
        send();
        events.sort((one, other) => one.at - other.at);
        const next = events[0];
        const to = Math.min(until, next?.at ?? until);
        sums.limit += concurrency.limit * (to - now);
        sums.worked += worked * (to - now);
        least = Math.min(least, concurrency.limit);
        most = Math.max(most, concurrency.limit);
        now = to;
        if (next === undefined || next.at > until) continue;
        events.shift();
        next.run();
      }
      return { limit: sums.limit / forMs, worked: sums.worked / forMs, least, most };
    },
  };
}
