import type { HttpInstance } from '@larksuiteoapi/node-sdk';
import { tellsMore } from '../shared/error-evidence.ts';
import { HttpFailure } from '../shared/http-failure.ts';
import type { HttpClient } from '../shared/http.ts';
import { isFields, parseJson, read, readNumber, readText } from '../shared/json.ts';
import type { SessionEnd } from '../shared/session-end.ts';
import { toCall, toHttpInstance } from './sdk-http.ts';

/** 403 forbidden, 514 wrong credentials: nothing that waiting mends. */
const HOPELESS: ReadonlySet<number> = new Set([403, 514]);

/** The platform asks for a ping every 120 s; more often finds a dead line sooner. */
const MAX_PING_INTERVAL_SECONDS = 30;

type EndpointOptions = {
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  readonly addSecret: (secret: string) => void;
  /** Where the platform wants the connection. */
  readonly onAddress: (url: URL) => void;
  readonly onEnd: (end: SessionEnd) => void;
};

/**
 * The SDK's way to ask where to connect, once for each session. The SDK gives up for good on most error codes, spins
 * for ever on an answer without `data`, and reconnects at its own pace (up to 150 s): so every failure, and every
 * second question, ends the session, and our own supervision begins the next one.
 */
export function createEndpointHttp(options: EndpointOptions): HttpInstance {
  const { http, signal, addSecret, onAddress, onEnd } = options;
  let asked = false;

  function end(detail: string, refused = false): never {
    onEnd({ detail, refused });
    throw new Error('the session is over');
  }

  return toHttpInstance(async (request) => {
    if (asked) end('the connection was refused or closed');
    asked = true;
    const answer = await http
      .exchange({ ...toCall(request), signal })
      .catch((error: unknown) => end(error instanceof HttpFailure ? wordsFor(error) : 'endpoint failed'));
    const body = parseJson(answer.body);
    const code = readNumber(body, 'code');
    if (code !== 0)
      end(`endpoint ${code ?? `http ${answer.status}`}`, code !== undefined && HOPELESS.has(code));
    const url = readText(body, 'data', 'URL');
    if (url === undefined || !/^wss?:\/\//.test(url)) end('endpoint without an address');
    const address = URL.parse(url);
    for (const secret of ['ticket', 'access_key'].map((name) => address?.searchParams.get(name))) {
      if (secret !== undefined && secret !== null && secret.length >= 8) addSecret(secret);
    }
    if (address !== null) onAddress(address);
    return {
      code,
      msg: '',
      data: { URL: url, ClientConfig: settingsFor(read(body, 'data', 'ClientConfig')) },
    };
  });
}

function wordsFor({ kind, evidence }: HttpFailure): string {
  return kind === 'unavailable' && tellsMore(evidence) ? `endpoint ${kind} ${evidence}` : `endpoint ${kind}`;
}

/** The four numbers the SDK reads; it would take whatever else stands there as NaN. */
function settingsFor(given: unknown): Readonly<Record<string, number>> {
  const interval = isFields(given) ? readNumber(given, 'PingInterval') : undefined;
  const ping = interval === undefined || interval <= 0 ? MAX_PING_INTERVAL_SECONDS : interval;
  return {
    PingInterval: Math.min(ping, MAX_PING_INTERVAL_SECONDS),
    ReconnectCount: -1,
    ReconnectInterval: 1,
    // No wait before the second question, which ends the session.
    ReconnectNonce: 0,
  };
}
