import type { AdapterHealth, Check } from '../../src/contract/adapter.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import { isFields, readList } from './json.ts';

/** What one check of the doctor came to. */
export type Finding = Pick<Check, 'state' | 'evidence' | 'missing'>;

/** A call was refused or did not get through. Too often and aborted say nothing about what was to be found out. */
export function failedFinding(error: unknown): Finding {
  if (!(error instanceof AdapterError)) return { state: 'unknown', evidence: 'unexpected failure' };
  const evidence = `${error.code} ${error.platformCode ?? ''}`.trim();
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
  if (health.state === 'connecting') return { state: 'unknown', evidence };
  return { state: health.state === 'up' ? 'passed' : 'failed', evidence };
}

/** A webhook cannot be tried from here: what tells is whether a genuine request has come. */
export function webhookFinding(lastSeen: Date | undefined): Finding {
  return lastSeen === undefined
    ? { state: 'unknown', evidence: 'no request yet' }
    : { state: 'passed', evidence: `last request ${lastSeen.toISOString()}` };
}
