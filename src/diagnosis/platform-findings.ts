import type { Check } from '../contract/adapter.ts';
import { doctorWords } from '../reply/notices/doctor.ts';
import { platformCauses, type PlatformCause } from '../reply/notices/doctor-platforms.ts';
import type { CheckCode, CheckResult } from './check.ts';

export type PlatformResult = { readonly code: Check['code'] | CheckCode; readonly result: CheckResult };

export type PlatformView = {
  /** The callbacks' paths; empty with a long connection. */
  readonly paths: readonly string[];
  /** False where the adapter was made but not started: of connections and callbacks it knows nothing. */
  readonly running: boolean;
};

// Evidence is data in a form the adapters share: codes of their one error class, then the platform's or the network's
// own; ` clock +312 s`; `3 refused (KEY 2, stale 1)`; `KEY=value` and `KEY is not set` for lines of `.env`.
const clockIn = /^(.*), clock ([+-])(\d+) s$/;
const refusedIn = /\d+ refused \(([^)]*)\)/;
const untrustedIn = /\bforbidden \S+ from (\S+)$/;
const settingIn = /^([A-Z][A-Z_]+)=(\S+)$/;
const unsetIn = /^([A-Z][A-Z_]+) is not set$/;
const unanswered = /\b(unavailable|timeout)\b/;
const badCertificate = /\b(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;
const proxyIn = /\bproxy (\S+) (\S+)$/;
const noName = /\b(ENOTFOUND|EAI_AGAIN)\b/;

/** What an adapter's check comes to for whoever reads the report; a clock that is off is a finding of its own. */
export function platformResults(check: Check, view: PlatformView): readonly PlatformResult[] {
  const [, rest, sign, seconds] = clockIn.exec(check.evidence) ?? [];
  if (rest === undefined || sign === undefined || seconds === undefined) return [resultOf(check, view)];
  const words = platformCauses[sign === '+' ? 'clock-behind' : 'clock-ahead'](seconds);
  const clock = { state: 'failed', durationMs: 0, evidence: `Date ${sign}${seconds} s`, ...words } as const;
  return [
    resultOf({ ...check, evidence: rest }, view),
    { code: 'clock', result: { ...clock, causeCode: 'clock-skew' } },
  ];
}

function resultOf(check: Check, view: PlatformView): PlatformResult {
  const { code, state, durationMs, evidence, missing, link } = check;
  if (!view.running && needsRunning(check)) {
    const remedy = code === 'webhook' ? { remedy: platformCauses.enterAddress(view.paths) } : {};
    const shown = { state: 'unknown', durationMs, evidence: doctorWords.onlyRunning, ...remedy } as const;
    return { code, result: shown };
  }
  return {
    code,
    result: {
      state,
      durationMs,
      evidence,
      ...(missing === undefined ? {} : { missing }),
      // No console mends what was not reached.
      ...(link === undefined || unanswered.test(evidence) ? {} : { link }),
      ...(state === 'passed' ? {} : causeOf(check, view)),
    },
  };
}

/** Connections and callbacks, and credentials that only the connection could try. */
function needsRunning({ code, state, evidence }: Check): boolean {
  if (state !== 'unknown') return false;
  return code === 'webhook' || code === 'connection' || evidence.startsWith('connecting');
}

function causeOf({ code, state, evidence }: Check, { paths }: PlatformView): Partial<PlatformCause> {
  const address = untrustedIn.exec(evidence)?.[1];
  if (address !== undefined) return platformCauses['untrusted-address'](address);
  if (unanswered.test(evidence)) {
    const [, proxy, said] = proxyIn.exec(evidence) ?? [];
    if (proxy !== undefined && said !== undefined) return platformCauses.proxy(proxy, said);
    if (badCertificate.test(evidence)) return platformCauses.certificate;
    if (noName.test(evidence)) return platformCauses.name;
    return /\bunavailable (http )?-?\d/.test(evidence) ? platformCauses.down : platformCauses.unreachable;
  }
  if (code === 'webhook') return causeOfWebhook(evidence, paths);
  const [, key, value] = settingIn.exec(evidence) ?? [];
  if (key !== undefined && value !== undefined) return platformCauses['host-not-allowed'](key, value);
  const unset = unsetIn.exec(evidence)?.[1];
  if (unset !== undefined) return platformCauses['not-set'](unset);
  return state === 'failed' ? platformCauses[code] : {};
}

/** What most of the refused requests did not match; anybody's requests (`form`) say nothing. */
function causeOfWebhook(evidence: string, paths: readonly string[]): PlatformCause {
  const counts = (refusedIn.exec(evidence)?.[1] ?? '').split(', ').flatMap((part) => {
    const [mismatch = '', count] = part.split(' ');
    return mismatch === 'form' || count === undefined ? [] : [{ mismatch, count: Number(count) }];
  });
  const [most] = counts.sort((one, other) => other.count - one.count);
  if (most === undefined) return platformCauses.webhook(paths);
  const count = String(most.count);
  return most.mismatch === 'stale'
    ? platformCauses.stale(count)
    : platformCauses.mismatch(most.mismatch, count);
}
