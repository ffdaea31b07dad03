import type { Clock } from '../contract/runtime.ts';
import { isAborted } from '../model/within.ts';
import type { CauseCode } from '../reply/notices/doctor-causes.ts';
import type { serverCheckWords } from '../reply/notices/doctor.ts';
import type { Phrase } from '../reply/notices/phrase.ts';

export type CheckCode = keyof typeof serverCheckWords;

/**
 * What a check saw. `unknown`: neither proven nor refuted, or worth knowing without being a fault. `skipped`: there is
 * nothing to try here, and the evidence says why.
 */
export type Finding = {
  readonly state: 'passed' | 'failed' | 'unknown' | 'skipped';
  /** Data: codes, hosts, counts, a server's words cut to 200 characters. Never a secret. */
  readonly evidence: string | Phrase;
  readonly causeCode?: CauseCode;
  readonly cause?: Phrase;
  readonly remedy?: Phrase;
  /** Permissions missing, as the console names them. */
  readonly missing?: readonly string[];
  /** The console page on which to mend it. */
  readonly link?: string;
};

/** A finding with its time; `skipped` without evidence when a check it depends on did not pass. */
export type CheckResult = Finding & { readonly durationMs: number };

/** One thing to try. `run` never rejects for what it tries: a failure is a finding. */
export type PlannedCheck = {
  readonly code: CheckCode;
  /** These must not have failed, or this one says nothing of its own. */
  readonly needs: readonly CheckCode[];
  run(signal: AbortSignal): Promise<Finding>;
};

export type CheckStep =
  | { readonly type: 'begun'; readonly code: CheckCode }
  | { readonly type: 'done'; readonly code: CheckCode; readonly result: CheckResult };

/** Runs the checks in their order; one whose needs failed is skipped, and so is what needs that one. */
export async function* runChecks(
  checks: readonly PlannedCheck[],
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<CheckStep, void> {
  const lost = new Set<CheckCode>();
  for (const check of checks) {
    const { code, needs } = check;
    if (isAborted(signal)) return;
    if (needs.some((need) => lost.has(need))) {
      lost.add(code);
      yield { type: 'done', code, result: { state: 'skipped', durationMs: 0, evidence: '' } };
      continue;
    }
    yield { type: 'begun', code };
    const startedAt = clock.now().getTime();
    const finding = await check.run(signal);
    // What was cut short by us is no finding.
    if (isAborted(signal)) return;
    if (finding.state === 'failed') lost.add(code);
    yield { type: 'done', code, result: { ...finding, durationMs: clock.now().getTime() - startedAt } };
  }
}
