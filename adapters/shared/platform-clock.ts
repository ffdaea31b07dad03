import type { Clock } from '../../src/contract/runtime.ts';
import { HttpFailure } from './http-failure.ts';
import type { HttpAnswer, HttpClient } from './http.ts';

/** An HTTP client that notes how far its answers' `Date` is from our clock. */
export type WatchedHttp = {
  readonly http: HttpClient;
  /** The platform's clock minus ours in milliseconds, from the last answer; undefined before one told it. */
  readonly skewMs: () => number | undefined;
};

/** For the doctor's own calls: nothing is asked beside them. A `Date` is exact to a second. */
export function watchDates(http: HttpClient, clock: Clock): WatchedHttp {
  let skewMs: number | undefined;
  function note<Body>(answer: HttpAnswer<Body>): HttpAnswer<Body> {
    const date = Date.parse(answer.headers['date'] ?? '');
    if (!Number.isNaN(date)) skewMs = date - clock.now().getTime();
    return answer;
  }
  return {
    http: {
      exchange: async (call) => note(await http.exchange(call)),
      open: async (call) => note(await http.open(call)),
      close: () => http.close(),
    },
    skewMs: () => skewMs,
  };
}

/** A page nobody needs is no reason to hold the doctor up. */
const ASK_TIMEOUT_MS = 5_000;

export type FrontPage = {
  readonly skewMs: number | undefined;
  /** Why no answer came at all, as evidence: `unavailable ECONNREFUSED`. */
  readonly failure: string | undefined;
};

/**
 * The same from the front page of a platform's host, for adapters that call no API of their own: not metered, and any
 * answer will do. Never rejects.
 */
export async function askFrontPage(
  url: string,
  { http, clock }: { readonly http: HttpClient; readonly clock: Clock },
  signal: AbortSignal,
): Promise<FrontPage> {
  const watched = watchDates(http, clock);
  const over = new AbortController();
  const waited = clock.sleep(ASK_TIMEOUT_MS, over.signal).then(() => 'timeout');
  const asked = watched.http
    .exchange({ method: 'GET', url: new URL('/', url).href, signal: AbortSignal.any([signal, over.signal]) })
    .then(() => undefined, networkWords);
  const failure = await Promise.race([waited, asked]);
  over.abort();
  return { skewMs: watched.skewMs(), failure };
}

function networkWords(error: unknown): string {
  return error instanceof HttpFailure ? `${error.kind} ${error.evidence}` : 'unavailable';
}

/** A minute off is no delay of the network: nothing keeps this machine's time. */
const WORTH_KNOWING_MS = 60_000;

/**
 * Adds the difference to a check's evidence where it is worth knowing, as ` clock +312 s`: the platform is so much
 * ahead of us. The doctor makes a finding of its own of it.
 */
export function withClock(evidence: string, skewMs: number | undefined): string {
  if (skewMs === undefined || Math.abs(skewMs) < WORTH_KNOWING_MS) return evidence;
  const seconds = Math.round(skewMs / 1000);
  return `${evidence}, clock ${seconds < 0 ? '-' : '+'}${Math.abs(seconds)} s`;
}
