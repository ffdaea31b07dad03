import type { AdapterError } from '../../../src/contract/errors.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { createBackoff } from '../../shared/backoff.ts';
import { errorEvidence } from '../../shared/error-evidence.ts';
import { toAdapterError } from '../api.ts';
import { NOT_TRUSTED, type Refusal } from '../error-codes.ts';
import type { Health } from '../../shared/health.ts';
import type { AppCalls } from './calls.ts';

export type AppWatch = {
  start(): void;
  stop(): Promise<void>;
  /** A verdict of any call. */
  readonly onVerdict: (refusal: Refusal | undefined) => void;
};

type WatchOptions = {
  readonly calls: () => Pick<AppCalls, 'describeApp'>;
  readonly health: Health;
  readonly clock: Clock;
  readonly random: () => number;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Asks until the platform knows the app and trusts our address, and shows what stands in the way. Later calls keep that
 * up to date: an address may change at any time.
 */
export function createAppWatch({ calls, health, clock, random }: WatchOptions): AppWatch {
  const stopping = new AbortController();
  const backoff = createBackoff({ random, firstMs: FIRST_WAIT_MS, capMs: LONGEST_WAIT_MS });
  let running: Promise<void> | undefined;

  const isStopped = (): boolean => stopping.signal.aborted;
  const asError = (error: unknown): AdapterError => toAdapterError('agent.get', error, stopping.signal, true);

  async function run(): Promise<void> {
    while (!isStopped()) {
      const error = await calls()
        .describeApp(stopping.signal)
        .then(() => undefined, asError);
      if (isStopped()) return;
      if (error === undefined) return health.set('up');
      // A company may keep apps from reading their own description; sending needs no more than the token it got.
      const refused =
        error.code === 'unauthorized' || error.platformCode?.startsWith(String(NOT_TRUSTED)) === true;
      if (!refused && error.platformCode !== undefined && !PASSING.has(error.code)) return health.set('up');
      if (!refused) health.set('down', errorEvidence(error));
      else health.set('failed', detailOf(error.platformCode ?? ''));
      await clock.sleep(refused ? LONGEST_WAIT_MS : backoff.next(), stopping.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
    onVerdict(refusal) {
      if (stopping.signal.aborted) return;
      if (refusal === undefined && health.current().state === 'failed') health.set('up');
      if (refusal?.errcode === NOT_TRUSTED)
        health.set('failed', detailOf(`${NOT_TRUSTED} from ${refusal.untrustedAddress ?? 'this address'}`));
    },
  };
}

const PASSING: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'rate-limited']);

function detailOf(platformCode: string): string {
  const address = /^60020 from (.+)$/.exec(platformCode)?.[1];
  return address === undefined ? `auth ${platformCode}` : `60020 企业可信IP: allow ${address}`;
}
