import type { Check } from '../../../src/contract/adapter.ts';
import { AdapterError } from '../../../src/contract/errors.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { CONSOLE, webhookCheck } from '../probe.ts';
import type { AppCalls } from './calls.ts';

type ProbeOptions = {
  readonly calls: Pick<AppCalls, 'requestToken' | 'describeApp'>;
  readonly clock: Clock;
  readonly lastWebhook: () => Date | undefined;
};

const APPS = `${CONSOLE}#apps`;

/** Credentials, then whether our address is trusted (60020 names the one to allow), then the way in. */
export async function* probeApp(
  { calls, clock, lastWebhook }: ProbeOptions,
  signal: AbortSignal,
): AsyncIterable<Check> {
  const steps = [
    { code: 'credentials', evidence: 'token', run: () => calls.requestToken(signal) },
    { code: 'permission', evidence: 'agent.get', run: () => calls.describeApp(signal) },
  ] as const;
  for (const { code, evidence, run } of steps) {
    const begun = clock.now().getTime();
    const failure = await run().then(() => undefined, failed);
    const durationMs = clock.now().getTime() - begun;
    yield failure === undefined
      ? { code, state: 'passed', durationMs, evidence }
      : { code, ...failure, durationMs, link: APPS };
    if (failure !== undefined && code === 'credentials') return;
  }
  yield webhookCheck(lastWebhook());
}

function failed(error: unknown): Pick<Check, 'state' | 'evidence' | 'missing'> {
  if (!(error instanceof AdapterError)) return { state: 'unknown', evidence: 'unexpected failure' };
  const passing = error.code === 'rate-limited' || error.code === 'aborted';
  const address = /^60020 from (.+)$/.exec(error.platformCode ?? '')?.[1];
  return {
    state: passing ? 'unknown' : 'failed',
    evidence: `${error.code} ${error.platformCode ?? ''}`.trim(),
    ...(address === undefined ? {} : { missing: [`企业可信IP ${address}`] }),
  };
}
