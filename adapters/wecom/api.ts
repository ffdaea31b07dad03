import { AdapterError } from '../../src/contract/errors.ts';
import { createCallErrors } from '../shared/call-errors.ts';
import type { Refusal } from './error-codes.ts';

// Every `AdapterError` of the three integrations is made here.

export const { toAdapterError, leave, withAdapterErrors, invalidReference } = createCallErrors('wecom');

/** The platform said no, or (5xx of a gateway) perhaps passed the call on. */
export function refused(api: string, refusal: Refusal, sent: 'no' | 'maybe' = 'no'): AdapterError {
  const { code, errcode, retryAfterMs, untrustedAddress } = refusal;
  const platformCode =
    untrustedAddress === undefined ? String(errcode) : `${errcode} from ${untrustedAddress}`;
  return new AdapterError(code, `wecom ${api}: ${platformCode}`, {
    platformCode,
    sent,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** No acknowledgement in time: the frame may have had its effect. */
export function unacknowledged(api: string): AdapterError {
  return new AdapterError('timeout', `wecom ${api}: no acknowledgement in time`, { sent: 'maybe' });
}

/** No long connection at the moment (`no`), or it was lost before the acknowledgement (`maybe`). */
export function notConnected(api: string, sent: 'no' | 'maybe'): AdapterError {
  return new AdapterError('unavailable', `wecom ${api}: the long connection is down`, { sent });
}

/** The caller's signal ended the wait for an acknowledgement. */
export function abortedUnderWay(api: string): AdapterError {
  return new AdapterError('aborted', `wecom ${api}: aborted`, { sent: 'maybe' });
}

export function unsupported(what: string): AdapterError {
  return new AdapterError('unsupported', `wecom: ${what}`);
}

/** An address in an event that is not followed; names the line that would allow it. */
export function refusedHost(host: string): AdapterError {
  return new AdapterError('forbidden', `wecom media: host not allowed, add it with MEDIA_HOSTS=${host}`, {
    platformCode: 'host',
  });
}

export function tooLarge(what: string): AdapterError {
  return new AdapterError('too-large', `wecom ${what}: more bytes than are read`);
}

/** What came is not what the platform documents. */
export function malformed(what: string): AdapterError {
  return new AdapterError('invalid', `wecom ${what}: not in the documented form`);
}

/** An HTTP answer without the platform's own words. */
export function badStatus(api: string, status: number, sent: 'no' | 'maybe'): AdapterError {
  const code = status === 429 ? 'rate-limited' : status >= 500 ? 'unavailable' : 'invalid';
  return new AdapterError(code, `wecom ${api}: http ${status}`, { platformCode: `http ${status}`, sent });
}
