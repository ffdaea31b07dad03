import type { AdapterHealth, Check } from '../../src/contract/adapter.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { CallbacksSeen } from './callback-count.ts';
import { errorEvidence } from './error-evidence.ts';
import { isFields, readList } from './json.ts';

/** What one check of the doctor came to. */
export type Finding = Pick<Check, 'state' | 'evidence' | 'missing'>;

/** A call was refused or did not get through. Too often and aborted say nothing about what was to be found out. */
export function failedFinding(error: unknown): Finding {
  if (!(error instanceof AdapterError)) return { state: 'unknown', evidence: 'unexpected failure' };
  const evidence = errorEvidence(error);
  const missing = isFields(error.cause) ? readList(error.cause, 'missingScopes').filter(isText) : [];
  const passing = error.code === 'rate-limited' || error.code === 'aborted';
  return { state: passing ? 'unknown' : 'failed', evidence, ...(missing.length === 0 ? {} : { missing }) };
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** State, detail and reconnects of a connection, in one line. */
export function healthEvidence({ state, detail, reconnects }: AdapterHealth): string {
  return [state, detail, `${reconnects} reconnects`].filter((part) => part !== undefined).join(', ');
}

export function connectionFinding(health: AdapterHealth): Finding {
  const evidence = healthEvidence(health);
  if (health.state === 'connecting' || health.state === 'standby') return { state: 'unknown', evidence };
  return { state: health.state === 'up' ? 'passed' : 'failed', evidence };
}

/**
 * A webhook cannot be tried from here: what tells is whether genuine requests have come, and what was refused. The
 * evidence ends in `3 refused (stale 1, FEISHU_ENCRYPT_KEY 2)`, from which the doctor names the cause.
 */
export function webhookFinding({ genuine, lastGenuine, refused, lastMismatch }: CallbacksSeen): Finding {
  const counts = [...refused].map(([mismatch, count]) => `${mismatch} ${count}`).join(', ');
  const total = [...refused.values()].reduce((sum, count) => sum + count, 0);
  const refusals = total === 0 ? '' : `, ${total} refused (${counts})`;
  if (lastGenuine === undefined) {
    // Requests that match none of our keys say more than silence does.
    const state = lastMismatch === undefined ? 'unknown' : 'failed';
    return { state, evidence: `no request yet${refusals}` };
  }
  const evidence = `last request ${lastGenuine.toISOString()}, ${genuine} in all${refusals}`;
  const broken = lastMismatch !== undefined && lastMismatch > lastGenuine;
  return { state: broken ? 'unknown' : 'passed', evidence };
}
