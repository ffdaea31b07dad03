import type { Check } from '../../../src/contract/adapter.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import type { CallbacksSeen } from '../../shared/callback-count.ts';
import { failedFinding, webhookFinding, type Finding } from '../../shared/findings.ts';
import type { HttpClient } from '../../shared/http.ts';
import { watchDates } from '../../shared/platform-clock.ts';
import { passedAs, runProbe, type ProbeStep } from '../../shared/probe.ts';
import { CONSOLE } from '../probe.ts';
import type { AppCalls } from './calls.ts';

type ProbeOptions = {
  readonly calls: Pick<AppCalls, 'requestToken' | 'describeApp'>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly callbacks: () => CallbacksSeen;
};

const APPS = `${CONSOLE}#apps`;

/** Credentials, then whether our address is trusted (60020 names the one to allow), then the way in. */
export function probeApp(
  { calls, http, clock, callbacks }: ProbeOptions,
  signal: AbortSignal,
): AsyncIterable<Check> {
  const watched = watchDates(http, clock);
  const steps: readonly ProbeStep<AbortSignal>[] = [
    {
      code: 'credentials',
      page: APPS,
      run: (given) => passedAs('token', calls.requestToken(given, watched.http)),
    },
    { code: 'permission', page: APPS, run: (given) => passedAs('agent.get', calls.describeApp(given)) },
    { code: 'webhook', page: CONSOLE, run: async () => webhookFinding(callbacks()) },
  ];
  return runProbe(steps, signal, { clock, skewMs: watched.skewMs, failed });
}

function failed(error: unknown): Finding {
  const finding = failedFinding(error);
  const platformCode = error instanceof AdapterError ? error.platformCode : undefined;
  const address = /^60020 from (.+)$/.exec(platformCode ?? '')?.[1];
  return address === undefined ? finding : { ...finding, missing: [`企业可信IP ${address}`] };
}
