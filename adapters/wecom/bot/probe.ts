import type { AdapterHealth, Check } from '../../../src/contract/adapter.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { connectionFinding, healthEvidence, type Finding } from '../../shared/findings.ts';
import type { HttpClient } from '../../shared/http.ts';
import { askFrontPage, withClock } from '../../shared/platform-clock.ts';

type ProbeOptions = {
  readonly health: () => AdapterHealth;
  readonly refusedMediaHost: () => string | undefined;
  /** Of the long connection: `wss://…`. */
  readonly wsUrl: string;
  readonly http: HttpClient;
  readonly clock: Clock;
};

/** The bot's page in the console. */
const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame#/aiHelper/list';

/**
 * A second login would end the connection in use, so nothing is tried: the connection's own state tells both whether the
 * credentials are right and whether WeCom is reached.
 */
export async function* probeBot(options: ProbeOptions, signal: AbortSignal): AsyncIterable<Check> {
  const { health, refusedMediaHost, wsUrl, clock } = options;
  const begun = clock.now().getTime();
  const { skewMs, failure } = await askFrontPage(wsUrl.replace(/^ws/, 'http'), options, signal);
  const durationMs = clock.now().getTime() - begun;
  const { state } = health();
  const connection = connectionOf(health(), failure);
  const credentials = state === 'up' ? 'passed' : state === 'failed' ? 'failed' : 'unknown';
  const evidence = withClock(healthEvidence(health()), skewMs);
  yield { code: 'credentials', state: credentials, durationMs, evidence, ...linked(credentials) };
  if (state === 'failed') return;
  yield { code: 'connection', durationMs: 0, ...connection, ...linked(connection.state) };
  yield* mediaCheck(refusedMediaHost());
}

/** While no connection was made yet, whether WeCom is reached at all says what stands in the way. */
function connectionOf(health: AdapterHealth, failure: string | undefined): Finding {
  const unmade = health.state === 'connecting' && failure !== undefined;
  return unmade ? { state: 'failed', evidence: failure } : connectionFinding(health);
}

/** Names the line that would allow a host pictures were not fetched from. */
export function* mediaCheck(host: string | undefined): Iterable<Check> {
  if (host !== undefined)
    yield { code: 'permission', state: 'failed', durationMs: 0, evidence: `MEDIA_HOSTS=${host}` };
}

function linked(state: Check['state']): { readonly link?: string } {
  return state === 'passed' ? {} : { link: CONSOLE };
}
