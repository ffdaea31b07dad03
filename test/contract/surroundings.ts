import { setTimeout as wait } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { AdapterDeps } from '../../src/contract/adapter.ts';
import type { CallBudget, CallLimit, PlannedCall } from '../../src/contract/budget.ts';
import type { LogFields, Logger } from '../../src/contract/runtime.ts';
import { createCallBudget, type StoppableCallBudget } from '../../src/reply/call-budget.ts';
import { alone } from '../fakes/alone.ts';
import { createFakeClock, type FakeClock } from '../fakes/clock.ts';

/** How the suite lets time go by: so much of it for each real wait, which lets sockets work. */
export type Pace = {
  readonly stepMs: number;
  readonly waitMs: number;
  /** Time by the clock after which something that should come about is given up. */
  readonly patienceMs: number;
  /** Real time in which something that must not happen would have happened. */
  readonly idleMs: number;
};

/** Slow enough for exchanges over sockets of this machine to take less than the time-outs of platforms. */
export const socketPace: Pace = { stepMs: 25, waitMs: 1, patienceMs: 120_000, idleMs: 40 };

/** What takes a moment at most may take so many times as long where the machine is busy. */
const SLOW_MACHINE = 50;

/** What the suite gives to adapters, and how it watches them use it. */
export type Surroundings = {
  readonly clock: FakeClock;
  readonly deps: AdapterDeps;
  /** Every line of the log, with its fields. */
  readonly logged: readonly string[];
  readonly slowed: readonly { readonly call: PlannedCall; readonly retryAfterMs: number | undefined }[];
  /** From now on no call may leave, until `release`. */
  hold(): void;
  release(): void;
  /** Waits, while time goes by, until it holds; rejects when it never does. */
  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void>;
  /** Waits for a promise while time goes by. */
  settled<Result>(promise: Promise<Result>, what?: string): Promise<Result>;
  /** Whether a promise is settled without time going by, on a slow machine too; what it rejects with is ignored. */
  settlesNow(promise: Promise<unknown>): Promise<boolean>;
  /** Whether a promise is still open after a moment in which time stood still. */
  staysOpen(promise: Promise<unknown>): Promise<boolean>;
  /** Lets time go by. */
  pass(milliseconds: number): Promise<void>;
  /** Time stands still, but whatever needs none goes on. */
  idle(): Promise<void>;
  /** Ends the call budgets, whose alarms wait on the clock. */
  stop(): void;
};

export function createSurroundings(pace: Pace): Surroundings {
  const clock = createFakeClock();
  const logged: string[] = [];
  const slowed: { readonly call: PlannedCall; readonly retryAfterMs: number | undefined }[] = [];
  const budgets: StoppableCallBudget[] = [];
  let gate: PromiseWithResolvers<undefined> | undefined;

  function createBudget(limits: readonly CallLimit[]): CallBudget {
    const budget = createCallBudget({ limits, clock });
    budgets.push(budget);
    return {
      async run(call, signal, send) {
        if (gate !== undefined) await orAborted(gate.promise, signal);
        return budget.run(call, signal, send);
      },
      slowDown(call, retryAfterMs) {
        slowed.push({ call, retryAfterMs });
        budget.slowDown(call, retryAfterMs);
      },
    };
  }

  async function step(): Promise<void> {
    await wait(pace.waitMs);
    await clock.advance(pace.stepMs);
  }

  async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const giveUpAt = clock.now().getTime() + pace.patienceMs;
    while (!(await holds())) {
      if (clock.now().getTime() > giveUpAt) throw new Error(`it never came about: ${what}`);
      await step();
    }
  }

  return {
    clock,
    logged,
    slowed,
    deps: {
      clock,
      log: recordedLog(logged),
      random: () => 0.5,
      uuid: () => randomUUID(),
      createBudget,
      proxyFor: () => undefined,
      mediaHosts: [],
      version: '0.0.0',
      ...alone(clock),
    },
    hold() {
      gate ??= Promise.withResolvers<undefined>();
    },
    release() {
      gate?.resolve(undefined);
      gate = undefined;
    },
    until,
    async settled(promise, what = 'a call came to its end') {
      const state = watched(promise);
      await until(() => state.over, what);
      return promise;
    },
    async settlesNow(promise) {
      const state = watched(promise);
      const giveUpAt = performance.now() + SLOW_MACHINE * pace.idleMs;
      while (!state.over && performance.now() < giveUpAt) await wait(1);
      return state.over;
    },
    async staysOpen(promise) {
      const state = watched(promise);
      await wait(pace.idleMs);
      return !state.over;
    },
    async pass(milliseconds) {
      const endMs = clock.now().getTime() + milliseconds;
      while (clock.now().getTime() < endMs) await step();
    },
    idle: () => wait(pace.idleMs),
    stop() {
      for (const budget of budgets) budget.stop();
    },
  };
}

function watched(promise: Promise<unknown>): { readonly over: boolean } {
  const state = { over: false };
  const end = (): void => {
    state.over = true;
  };
  promise.then(end, end);
  return state;
}

/** As the real budget does, a call that waits ends with the signal's reason. */
function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    promise.then(() => resolve(), reject);
  });
}

function recordedLog(lines: string[]): Logger {
  const write = (fields: LogFields, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields, withErrors)}`);
  };
  return {
    trace: write,
    debug: write,
    info: write,
    warn: write,
    error: write,
    addSecret: () => undefined,
  };
}

/** Errors as the service's log writes them: all that can be read in them. */
function withErrors(_name: string, value: unknown): unknown {
  return value instanceof Error ? readable(value) : value;
}

/** Everything that can be read in an error and in what caused it, as one text. */
export function readable(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify([error]);
  const own = Object.getOwnPropertyNames(error)
    .filter((name) => name !== 'cause')
    .map((name) => String(Reflect.get(error, name)));
  return [error.name, ...own, error.cause === undefined ? '' : readable(error.cause)].join('\n');
}
