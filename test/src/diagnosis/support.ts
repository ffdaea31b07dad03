import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { afterEach } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Config, ModelServer } from '../../../src/config/types.ts';
import type { Adapter } from '../../../src/contract/adapter.ts';
import { diagnose, type DoctorEvent, type DoctorSettings } from '../../../src/diagnosis/diagnose.ts';
import { startQwenSimulator } from '../../simulators/qwen/start.ts';
import type { QwenSimulator, QwenSimulatorOptions } from '../../simulators/qwen/types.ts';

export type Done = Extract<DoctorEvent, { type: 'done' }>;

const running: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

export async function startQwen(options?: QwenSimulatorOptions): Promise<QwenSimulator> {
  const simulator = await startQwenSimulator(options);
  running.push(() => simulator.stop());
  return simulator;
}

/** Lets a server listen on a free port of 127.0.0.1 and ends it with the test. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.push(async () => {
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export type Settings = Partial<Omit<DoctorSettings, 'config'>> & {
  readonly model?: Partial<Config['model']>;
  readonly server?: Partial<ModelServer>;
  readonly adapters?: readonly Adapter[];
  readonly benchmark?: boolean;
  readonly signal?: AbortSignal;
};

export function events(baseUrl: string, settings: Settings = {}): AsyncGenerator<DoctorEvent, void> {
  const { model, server, benchmark = false, signal, ...rest } = settings;
  const config: DoctorSettings['config'] = {
    model: {
      servers: [{ baseUrl, model: 'auto', ...server }],
      vision: undefined,
      extraHeaders: {},
      extraBody: {},
      firstTokenTimeoutMs: 10_000,
      idleTimeoutMs: 10_000,
      maxConcurrency: 4,
      proxy: undefined,
      ...model,
    },
    access: { admins: [], allow: undefined },
  };
  const all = { config, adapters: [], clock: systemClock, version: 'test', usualPorts: [], ...rest };
  return diagnose(all, { benchmark }, signal ?? new AbortController().signal);
}

/** Every check of the server, in order. */
export async function examine(baseUrl: string, settings?: Settings): Promise<readonly Done[]> {
  const done: Done[] = [];
  for await (const event of events(baseUrl, settings)) {
    if (event.type === 'done' && event.subject.part !== 'configuration') done.push(event);
  }
  return done;
}

/** What did not pass, as `code state cause`. */
export function trouble(done: readonly Done[]): string[] {
  return done
    .filter(({ result }) => result.state === 'failed' || result.state === 'unknown')
    .map(({ code, result }) => [code, result.state, result.causeCode].filter(Boolean).join(' '));
}
