import type { HttpInstance } from '@larksuiteoapi/node-sdk';
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
  readonly onEnd: (end: SessionEnd) => void;
};

/**
 * The SDK's way to ask where to connect, once for each session. The SDK gives up for good on most error codes, spins
 * for ever on an answer without `data`, and reconnects at its own pace (up to 150 s): so every failure, and every
 * second question, ends the session, and our own supervision begins the next one.
 */
export function createEndpointHttp({ http, signal, addSecret, onEnd }: EndpointOptions): HttpInstance {
  let asked = false;

  function end(detail: string, refused = false): never {
    onEnd({ detail, refused });
    throw new Error('the session is over');
  }

  return toHttpInstance(async (options) => {
    if (asked) end('the connection was refused or closed');
    asked = true;
    const answer = await http
      .exchange({ ...toCall(options), signal })
      .catch((error: unknown) =>
        end(error instanceof HttpFailure ? `endpoint ${error.kind}` : 'endpoint failed'),
      );
    const body = parseJson(answer.body);
    const code = readNumber(body, 'code');
    if (code !== 0)
      end(`endpoint ${code ?? `http ${answer.status}`}`, code !== undefined && HOPELESS.has(code));
    const url = readText(body, 'data', 'URL');
    if (url === undefined || !/^wss?:\/\//.test(url)) end('endpoint without an address');
    for (const secret of ['ticket', 'access_key'].map((name) => URL.parse(url)?.searchParams.get(name))) {
      if (secret !== undefined && secret !== null && secret.length >= 8) addSecret(secret);
    }
    return {
      code,
      msg: '',
      data: { URL: url, ClientConfig: settingsFor(read(body, 'data', 'ClientConfig')) },
    };
  });
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
