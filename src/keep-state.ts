import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from './config/types.ts';
import type { Clock, Logger } from './contract/runtime.ts';
import { logWith } from './log-with.ts';
import type { CallLedger } from './reply/call-ledger.ts';
import { openStore, type Store } from './store/store.ts';

const purgeIntervalMs = 60 * 60_000;
const dayMs = 24 * 60 * 60_000;
const storeCallsIntervalMs = 5_000;

export type StateOptions = {
  readonly config: Pick<Config, 'database' | 'retention'>;
  /** Where all local state lies. */
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: Logger;
};

/** Opens the configured database; rejects with a sentence for the operator. */
export function openServiceStore({ config, dataDirectory, clock, log }: StateOptions): Promise<Store> {
  const { database } = config;
  const embedded = { file: join(dataDirectory, 'bridge.db') };
  return openStore(
    database === undefined
      ? embedded
      : { url: database.url, log: logWith(log, { part: 'store' }), uuid: randomUUID },
    clock,
    randomUUID(),
  );
}

/** Forgets what has outlived its retention, now and every hour. */
export async function keepPurging(
  { config, clock, log }: StateOptions,
  store: Store,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await store.purge(clock.now().getTime(), config.retention.days * dayMs);
    } catch (error) {
      log.error({ error }, 'what has outlived its retention could not be forgotten');
    }
    await clock.sleep(purgeIntervalMs, signal);
  }
}

/** A crash forgets at most the last few seconds' calls. */
export async function keepStoringCalls(
  { clock, log }: StateOptions,
  ledger: CallLedger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(storeCallsIntervalMs, signal);
    await ledger
      .flush()
      .catch((error: unknown) => log.error({ error }, 'the calls made could not be stored'));
  }
}
