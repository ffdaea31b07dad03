import type { ModelServer } from '../config/types.ts';
import type { Json } from '../contract/ids.ts';
import type { Clock } from '../contract/runtime.ts';
import { createEndpoint, type Endpoint } from '../model/endpoint.ts';
import { causes, type CauseCode } from '../reply/notices/doctor-causes.ts';
import type { Finding } from './check.ts';

/** One model server and all that a check of it needs to know. */
export type Target = {
  readonly server: ModelServer;
  readonly endpoint: Endpoint;
  /** Whether people's pictures go here. */
  readonly seesPictures: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly extraBody: Readonly<Record<string, Json>>;
  /** What must not appear in evidence. */
  readonly secrets: readonly string[];
  readonly proxy: string | undefined;
  readonly firstTokenTimeoutMs: number;
  readonly clock: Clock;
  /** Ports of model servers; looked at on the same host when the configured one refuses. */
  readonly usualPorts: readonly number[];
};

/** Where a URL leads: host without brackets, port as number. */
export function addressOf(url: URL): { readonly hostname: string; readonly port: number } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { hostname: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** The first host on the way: the proxy where there is one. */
export function firstHop({ server, proxy }: Target): ReturnType<typeof addressOf> {
  return addressOf(new URL(proxy ?? server.baseUrl));
}

/** A finding whose words come from the catalogue. */
export function because(
  code: CauseCode,
  evidence: Finding['evidence'],
  target: Target,
  { detail = '', state = 'failed' }: { readonly detail?: string; readonly state?: Finding['state'] } = {},
): Finding {
  const { hostname, port } =
    code === 'proxy-unreachable' ? firstHop(target) : addressOf(new URL(target.server.baseUrl));
  return { state, evidence, causeCode: code, ...causes[code]({ hostname, port: String(port), detail }) };
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || /^127\./.test(hostname);
}

/** Everything a check of this server needs, from the configuration. */
export function createTarget(
  server: ModelServer,
  settings: Omit<Target, 'server' | 'endpoint' | 'headers' | 'secrets'> & {
    readonly extraHeaders: Readonly<Record<string, string>>;
    readonly version: string;
  },
): Target {
  const { extraHeaders, version, ...rest } = settings;
  const lowered = Object.entries(extraHeaders).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    ...rest,
    server,
    endpoint: createEndpoint(server.baseUrl),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'user-agent': `qwen-chat-bridge/${version}`,
      ...(server.apiKey === undefined ? {} : { authorization: `Bearer ${server.apiKey}` }),
      ...Object.fromEntries(lowered),
    },
    // Short header values are no secrets, and masking them would eat the words around them.
    secrets: [server.apiKey ?? '', ...Object.values(extraHeaders)].filter((value) => value.length >= 8),
  };
}
