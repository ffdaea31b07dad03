import type { CallBudget, CallLimit, CallUrgency, PlannedCall } from '../contract/budget.ts';
import { AdapterError } from '../contract/errors.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { giveBack, pause, readyAt, STRAY_MS, take, type Gate } from './budget-gate.ts';
import { createGates } from './budget-gates.ts';
import { createHeap } from './budget-heap.ts';
import { createLine, goesBefore, URGENCIES, type Waiter } from './budget-line.ts';
import { createParking } from './budget-parking.ts';
import { createAlarm, createElapsed } from './budget-time.ts';
import type { CallMemory } from './call-memory.ts';

export type CallBudgetOptions = {
  readonly limits: readonly CallLimit[];
  readonly clock: Clock;
  readonly log?: Logger;
  /** What counts in long windows across a restart; without it a budget begins with nothing counted. */
  readonly memory?: CallMemory;
};

/** `counters`: how many cards, chats, APIs … are being counted; `paused`: those that wait after a refusal. */
export type CallBudgetStats = {
  readonly waiting: Readonly<Record<CallUrgency, number>>;
  readonly inFlight: number;
  readonly counters: number;
  readonly paused: number;
};

export type StoppableCallBudget = CallBudget & {
  stats(): CallBudgetStats;
  /**
   * From now on every limit is divided among so many processes, depending on its window. Calls that left before keep
   * counting; a process that is let use more may do so only when those who used it before do not any more.
   */
  divide(replicasIn: (windowMs: number) => number): void;
  /** True when no more calls count at present than its part of each limit allows: from then on it keeps to that part. */
  within(): boolean;
  /** Calls that have not left, and all later ones, reject with an `AbortError`; calls on their way are not touched. */
  stop(): void;
};

const DEFAULT_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Calls leave in the order `final`, `first`, `live`, `background`; within one of these the replies (cards, else
 * messages, else chats) take turns; calls of one reply to one API go first come, first served. What is held up by one counter
 * holds up nothing else. Throws `RangeError` for a limit that lets nothing through.
 */
export function createCallBudget({ limits, clock, log, memory }: CallBudgetOptions): StoppableCallBudget {
  const elapsedMs = createElapsed(clock);
  const wallMs = (): number => clock.now().getTime();
  const gates = createGates(limits, wallMs, memory);
  const line = createLine();
  const parking = createParking();
  const candidates = createHeap<Waiter>(goesBefore);
  const alarm = createAlarm(clock, elapsedMs, () => dispatch());
  let inFlight = 0;
  let stopped = false;

  /** Lets everyone go who may go now, the most urgent first, and sets the alarm for the next. */
  function dispatch(): void {
    const now = elapsedMs();
    do {
      for (const waiter of parking.takeReady(now)) candidates.push(waiter);
      for (let waiter = candidates.pop(); waiter !== undefined; waiter = candidates.pop()) {
        const { yields } = waiter;
        const closed = waiter.gates.find((gate) => readyAt(gate, yields, now) > now);
        if (closed === undefined) admit(waiter, now);
        else parking.park(waiter, closed, now);
      }
    } while (parking.nextAt() <= now);
    alarm.set(parking.nextAt());
  }

  function admit(waiter: Waiter, now: number): void {
    for (const gate of waiter.gates) take(gate, waiter.yields, now, wallMs());
    inFlight += 1;
    parking.passed(waiter);
    leaveLine(waiter, now);
    waiter.resolve(true);
  }

  function leaveLine(waiter: Waiter, now: number): void {
    const next = line.leave(waiter);
    if (next !== undefined) candidates.push(next);
    for (const gate of waiter.gates) parking.refresh(gate, now);
  }

  function drop(waiter: Waiter): void {
    const now = elapsedMs();
    candidates.remove(waiter);
    parking.remove(waiter, now);
    leaveLine(waiter, now);
    waiter.resolve(false);
  }

  /** `lastCountedAt`: see `giveBack`. */
  function finish({ gates: passed }: Passage, lastCountedAt: number | undefined): void {
    const now = elapsedMs();
    inFlight -= 1;
    for (const gate of passed) {
      giveBack(gate, lastCountedAt);
      parking.refresh(gate, now);
    }
    dispatch();
  }

  async function waitForTurn(passage: Passage, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { ...passage, rank: URGENCIES.indexOf(passage.urgency), turn: 0, resolve };
    const abort = (): void => {
      drop(waiter);
      dispatch();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (line.join(waiter)) candidates.push(waiter);
    dispatch();
    const admitted = await promise;
    signal.removeEventListener('abort', abort);
    return admitted;
  }

  async function run<Result>(
    call: PlannedCall,
    signal: AbortSignal,
    send: () => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted();
    if (stopped) throw stoppedError();
    const passage = passageOf(call, gates.of(call, elapsedMs()));
    if (!(await waitForTurn(passage, signal))) {
      signal.throwIfAborted();
      throw stoppedError();
    }
    if (signal.aborted) finish(passage, undefined);
    signal.throwIfAborted();
    try {
      const result = await send();
      finish(passage, elapsedMs());
      return result;
    } catch (error) {
      const answered = error instanceof AdapterError && error.sent === 'no';
      finish(passage, elapsedMs() + (answered ? 0 : STRAY_MS));
      throw error;
    }
  }

  function slowDown(call: PlannedCall, retryAfterMs: number | undefined): void {
    const now = elapsedMs();
    const pauseMs = Math.min(Math.max(0, retryAfterMs ?? DEFAULT_PAUSE_MS), LONGEST_PAUSE_MS);
    const shortest = gates.shortestOf(call, now);
    for (const gate of gates.of(call, now)) {
      pause(gate, pauseMs, shortest.has(gate), now);
      parking.refresh(gate, now);
    }
    alarm.set(parking.nextAt());
    log?.warn({ api: call.api, urgency: call.urgency, pauseMs }, 'the platform asks for fewer calls');
  }

  return {
    run,
    slowDown,
    stats: () => ({
      waiting: {
        final: line.waiting('final'),
        first: line.waiting('first'),
        live: line.waiting('live'),
        background: line.waiting('background'),
      },
      inFlight,
      counters: gates.count(),
      paused: gates.pausedCount(elapsedMs()),
    }),
    divide(replicasIn) {
      const now = elapsedMs();
      for (const gate of gates.divide(replicasIn)) parking.refresh(gate, now);
      dispatch();
    },
    within: () => gates.within(elapsedMs()),
    stop() {
      stopped = true;
      for (const waiter of line.all()) drop(waiter);
      alarm.set(Infinity);
    },
  };
}

/** What a call is to the budget, from its joining the line until its answer. */
type Passage = Pick<Waiter, 'urgency' | 'yields' | 'gates' | 'lane'>;

function passageOf(call: PlannedCall, passing: readonly Gate[]): Passage {
  const { urgency, card, message, chat, api } = call;
  const yields = urgency === 'live' || urgency === 'background';
  return { urgency, yields, gates: passing, lane: `${card ?? message ?? chat ?? ''} ${api}` };
}

function stoppedError(): Error {
  return new DOMException('The call budget was stopped', 'AbortError');
}
