import type { AdapterHealth, Check } from '../../../src/contract/adapter.ts';
import { healthEvidence } from '../../shared/findings.ts';

/** The bot's page in the console. */
const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame#/aiHelper/list';

/**
 * A second login would end the connection in use, so nothing is tried: the connection's own state tells both whether the
 * credentials are right and whether WeCom is reached.
 */
export async function* probeBot(
  health: () => AdapterHealth,
  refusedMediaHost: () => string | undefined,
): AsyncIterable<Check> {
  const now = health();
  const { state } = now;
  const evidence = healthEvidence(now);
  const credentials = state === 'up' ? 'passed' : state === 'failed' ? 'failed' : 'unknown';
  yield { code: 'credentials', state: credentials, durationMs: 0, evidence, ...linked(credentials) };
  if (state === 'failed') return;
  const connection = state === 'up' ? 'passed' : 'failed';
  yield { code: 'connection', state: connection, durationMs: 0, evidence, ...linked(connection) };
  yield* mediaCheck(refusedMediaHost());
}

/** Names the line that would allow a host pictures were not fetched from. */
export function* mediaCheck(host: string | undefined): Iterable<Check> {
  if (host !== undefined)
    yield { code: 'permission', state: 'failed', durationMs: 0, evidence: `MEDIA_HOSTS=${host}` };
}

function linked(state: Check['state']): { readonly link?: string } {
  return state === 'passed' ? {} : { link: CONSOLE };
}
