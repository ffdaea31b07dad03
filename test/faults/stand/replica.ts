import { setTimeout as wait } from 'node:timers/promises';
import {
  freePort,
  startServiceProcess,
  type LogLine,
  type ServiceEnvironment,
  type ServiceProcess,
} from '../../support/service-process.ts';

/** One of the processes that are the service together: started, ended and started again on the same state. */
export type Replica = {
  readonly index: number;
  readonly port: number;
  pid(): number;
  alive(): boolean;
  /** Alive, and not stopped by a signal: what a load balancer would send something to. */
  serving(): boolean;
  /** Resolves once the process is under way, not once it is ready. */
  start(): Promise<void>;
  /** Resolves when it answers that it is ready. */
  ready(): Promise<void>;
  /** What it answers on `/readyz` now; undefined while nobody answers. */
  readiness(): Promise<number | undefined>;
  /** `SIGSTOP`, `SIGCONT`: whatever does not end it. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and resolves with the exit code, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** Resolves when it has ended by itself; false if it did not in time. */
  died(withinMs: number): Promise<boolean>;
  /** Everything its process wrote. */
  output(): string;
  log(): readonly LogLine[];
};

export type ReplicaOptions = {
  readonly index: number;
  readonly folder: string;
  readonly environment: ServiceEnvironment;
  /** What a process wrote, once it has ended. */
  readonly onEnded: (output: string) => void;
};

const pollMs = 5;
const answerWithinMs = 2_000;
const askAgainMs = 20;
/**
 * Whoever comes to others waits until they leave it its part of the platforms' limits: ninety seconds at most
 * (`src/replicas/member-times.ts`), and the start itself.
 */
const readyWithinMs = 120_000;

export async function createReplica(options: ReplicaOptions): Promise<Replica> {
  const port = await freePort();
  let service: ServiceProcess | undefined;
  let told = true;
  let stopped = false;

  const current = (): ServiceProcess => {
    if (service === undefined) throw new Error(`replica ${options.index} was never started`);
    return service;
  };
  const output = (): string =>
    service === undefined
      ? ''
      : `${service.log.map((line) => JSON.stringify(line)).join('\n')}\n${service.errors()}`;
  const tell = (): void => {
    if (told) return;
    told = true;
    options.onEnded(output());
  };
  const alive = (): boolean => service !== undefined && lives(service.pid);
  const readiness = async (): Promise<number | undefined> => {
    const signal = AbortSignal.timeout(answerWithinMs);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status;
  };

  return {
    index: options.index,
    port,
    pid: () => current().pid,
    alive,
    serving: () => alive() && !stopped,
    async start() {
      tell();
      stopped = false;
      service = await startServiceProcess(options.folder, { ...options.environment, PORT: String(port) });
      told = false;
    },
    async ready() {
      const giveUpAt = performance.now() + readyWithinMs;
      while ((await readiness()) !== 200) {
        if (!alive() || performance.now() > giveUpAt)
          throw new Error(`replica ${options.index} is not ready: ${output()}`);
        await wait(askAgainMs);
      }
    },
    readiness,
    signal(signal) {
      process.kill(current().pid, signal);
      if (signal === 'SIGSTOP') stopped = true;
      if (signal === 'SIGCONT') stopped = false;
    },
    async end(signal) {
      const how = await current().end(signal);
      tell();
      return how;
    },
    async died(withinMs) {
      const giveUpAt = performance.now() + withinMs;
      while (alive()) {
        if (performance.now() > giveUpAt) return false;
        await wait(pollMs);
      }
      tell();
      return true;
    },
    output,
    log: () => service?.log ?? [],
  };
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
