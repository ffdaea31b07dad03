import type { Check } from '../../src/contract/adapter.ts';
import { AdapterError, type AdapterErrorCode } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import { failedFinding, type Finding } from './findings.ts';
import { withClock } from './platform-clock.ts';

/** One check of the doctor. `Given`: what every call needs, such as the signal. */
export type ProbeStep<Given> = {
  readonly code: Check['code'];
  /** The console page on which to mend it. */
  readonly page: string;
  readonly run: (given: Given) => Promise<Finding>;
};

/** What a platform's failures come to; `failedFinding` unless it knows better. */
export type JudgeFailure = (error: unknown) => Finding;

type ProbeOptions = {
  readonly clock: Clock;
  /** The platform's clock minus ours, as the answers so far tell it. */
  readonly skewMs: () => number | undefined;
  readonly failed?: JudgeFailure;
};

/** The doctor's checks, one after another; after failed credentials the others would only say the same. */
export async function* runProbe<Given>(
  steps: readonly ProbeStep<Given>[],
  given: Given,
  { clock, skewMs, failed = failedFinding }: ProbeOptions,
): AsyncIterable<Check> {
  for (const { code, page, run } of steps) {
    const begun = clock.now().getTime();
    const { state, evidence, missing } = await run(given).catch(failed);
    yield {
      code,
      state,
      evidence: code === 'credentials' ? withClock(evidence, skewMs()) : evidence,
      durationMs: clock.now().getTime() - begun,
      ...(missing === undefined ? {} : { missing }),
      ...(state === 'passed' ? {} : { link: page }),
    };
    if (code === 'credentials' && state !== 'passed') return;
  }
}

/** A check that a call succeeds. */
export async function passedAs(evidence: string, call: Promise<unknown>): Promise<Finding> {
  await call;
  return { state: 'passed', evidence };
}

type Trial<Given> = {
  readonly api: string;
  readonly page: string;
  readonly run: (given: Given) => Promise<unknown>;
  /** What the platform says about something that does not exist, once it has looked at the permission. */
  readonly permitted: ReadonlySet<AdapterErrorCode>;
  readonly failed?: JudgeFailure;
};

/** Tries a permission on something that does not exist: any refusal but the one for the permission means it is there. */
export function tryPermission<Given>(trial: Trial<Given>): ProbeStep<Given> {
  const { api, page, run, permitted, failed = failedFinding } = trial;
  const isPermitted = (error: unknown): boolean =>
    error instanceof AdapterError && permitted.has(error.code) && error.platformCode !== undefined;
  return {
    code: 'permission',
    page,
    async run(given) {
      try {
        await run(given);
      } catch (error) {
        const finding = failed(error);
        if (!isPermitted(error)) return { ...finding, evidence: `${api} ${finding.evidence}` };
      }
      return { state: 'passed', evidence: api };
    },
  };
}
