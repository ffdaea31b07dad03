import { getEventListeners } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { WebSocket } from 'ws';
import { createFakeClock } from '../fakes/clock.ts';
import { createRandom } from '../simulators/feishu/random.ts';
import { startLineStage, type LineStage } from './dingtalk-line-stage.ts';

/** What a process holds, counted after the garbage was collected. */
export type Held = {
  /** Sockets and servers that are open. */
  readonly handles: number;
  /** Timers of Node that have not run. */
  readonly timers: number;
  /** Sleeps on the adapter's clock that have not ended. */
  readonly sleeps: number;
  /** Listeners on every `AbortSignal` made since the watch began. */
  readonly listeners: number;
  /** Objects that still exist, whether open or not. */
  readonly webSockets: number;
  readonly sockets: number;
};

export type ReconnectReport = {
  readonly reconnects: number;
  readonly before: Held;
  readonly after: Held;
  readonly warnings: readonly string[];
};

const LINES = 2;
const STEP_MS = 1_000;
/** Enough for what is only made once to be there. */
const WARM_UP = 20;
const ways = ['drop', 'kick', 'disconnect'] as const;

/** Ends connections in every way and counts what is left of them; time is moved, so that waits take none. */
export async function reconnectOften(times: number): Promise<ReconnectReport> {
  const signals = watchSignals();
  const warnings: string[] = [];
  const onWarning = ({ name, message }: Error): void => {
    // Node says so of `queryObjects`.
    if (name !== 'ExperimentalWarning') warnings.push(`${name}: ${message}`);
  };
  process.on('warning', onWarning);
  const clock = createFakeClock();
  const stage = await startLineStage(clock, createRandom(7));

  const back = (): boolean => stage.receiving().length === LINES && stage.sim.connections().length === LINES;
  async function untilBack(): Promise<void> {
    for (let step = 0; !back(); step += 1) {
      if (step > 5_000) throw new Error('the connections did not come back');
      await clock.advance(STEP_MS);
      await wait(1);
    }
  }
  async function reconnect(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const way = ways[round % ways.length] ?? 'drop';
      const chosen = stage.receiving()[round % LINES];
      chosen?.[way]();
      while (chosen !== undefined && stage.sim.connections().includes(chosen)) {
        await clock.advance(STEP_MS);
        await wait(1);
      }
      await untilBack();
    }
  }
  const hold = (): Promise<Held> => held(stage, () => clock.sleeping(), signals.listeners);

  try {
    await untilBack();
    await reconnect(WARM_UP);
    const before = await hold();
    await reconnect(times);
    return { reconnects: times, before, after: await hold(), warnings };
  } finally {
    await Promise.all([stage.stop(), clock.advance(STEP_MS * 5)]);
    process.off('warning', onWarning);
    signals.restore();
  }
}

async function held({ sim }: LineStage, sleeps: () => number, listeners: () => number): Promise<Held> {
  // The other ends of what was closed last end a moment later.
  for (let times = 0; times < 50 && sim.connections().length > LINES; times += 1) await wait(20);
  await wait(200);
  const kinds = process.getActiveResourcesInfo();
  return {
    handles: kinds.filter((kind) => /TCP|TLS|Pipe/.test(kind)).length,
    timers: kinds.filter((kind) => kind === 'Timeout').length,
    sleeps: sleeps(),
    webSockets: queryObjects(WebSocket, { format: 'count' }),
    sockets: queryObjects(Socket, { format: 'count' }),
    listeners: listeners(),
  };
}

/** Remembers every signal whose controller is made from now on, as long as it exists. */
function watchSignals(): { readonly listeners: () => number; readonly restore: () => void } {
  const Original = globalThis.AbortController;
  const signals = new Set<WeakRef<AbortSignal>>();
  globalThis.AbortController = class extends Original {
    constructor() {
      super();
      signals.add(new WeakRef(this.signal));
    }
  };
  return {
    listeners() {
      let count = 0;
      for (const known of signals) {
        const signal = known.deref();
        if (signal === undefined) signals.delete(known);
        else if (!signal.aborted) count += getEventListeners(signal, 'abort').length;
      }
      return count;
    },
    restore() {
      globalThis.AbortController = Original;
    },
  };
}
