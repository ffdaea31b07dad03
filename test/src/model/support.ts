import { afterEach } from 'vitest';
import { createModel, type ModelOptions } from '../../../src/model/create-model.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import type { Model, ModelEnd, ModelEvent, ModelRequest } from '../../../src/model/types.ts';
import { startQwenSimulator } from '../../simulators/qwen/start.ts';
import type { QwenSimulator, QwenSimulatorOptions } from '../../simulators/qwen/types.ts';

/** Real timers on a clock that runs `factor` times too fast: production limits, without the waiting. */
export function createHurriedClock(factor: number): Clock {
  const startedAt = Date.now();
  return {
    now: () => new Date(startedAt + (Date.now() - startedAt) * factor),
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, milliseconds / factor);
        signal?.addEventListener('abort', done);
      }),
  };
}

export type LogLine = {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

export function createMemoryLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, message, fields });
  };
  return {
    lines,
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    addSecret: () => undefined,
  };
}

const running: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

export async function startSimulator(options?: QwenSimulatorOptions): Promise<QwenSimulator> {
  const simulator = await startQwenSimulator(options);
  running.push(() => simulator.stop());
  return simulator;
}

/** A model client over the given base URLs, with production's limits on a clock twenty times too fast. */
export function startModel(baseUrls: readonly string[], options: Partial<ModelOptions> = {}): Model {
  const model = createModel({
    servers: baseUrls.map((baseUrl) => ({ baseUrl, model: 'auto' })),
    firstTokenTimeoutMs: 60_000,
    idleTimeoutMs: 30_000,
    maxConcurrency: 16,
    healthIntervalMs: 60_000,
    clock: createHurriedClock(20),
    random: () => 0.5,
    log: createMemoryLog(),
    version: '0.0.0-test',
    ...options,
  });
  running.push(() => model.stop());
  return model;
}

export type Collected = {
  readonly text: string;
  readonly reasoning: string;
  readonly end: ModelEnd;
  readonly events: readonly ModelEvent[];
};

/** Reads a whole answer and checks what must hold whatever happens: one `end`, and it is the last. */
export async function collect(events: AsyncIterable<ModelEvent>): Promise<Collected> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  const ends = all.filter((event): event is ModelEnd => event.type === 'end');
  const [end] = ends;
  if (end === undefined || ends.length !== 1 || all.at(-1) !== end)
    throw new Error(`ends: ${JSON.stringify(all)}`);
  return { ...replay(all), end, events: all };
}

/** What a reader of the events would show in the end. */
export function replay(events: readonly { readonly type: string; readonly text?: string }[]): {
  text: string;
  reasoning: string;
} {
  let text = '';
  let reasoning = '';
  for (const event of events) {
    if (event.type === 'text-delta') text += event.text ?? '';
    if (event.type === 'reasoning-delta') reasoning += event.text ?? '';
    if (event.type === 'text-was-reasoning') {
      reasoning += text;
      text = '';
    }
  }
  return { text, reasoning };
}

export function question(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: 'user', text }], ...more };
}

export async function askOnce(
  model: Model,
  text = '你好',
  more: Partial<ModelRequest> = {},
): Promise<Collected> {
  return collect(model.ask(question(text, more), new AbortController().signal));
}
