import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { listen, type Certificate } from './listening.ts';

/** `tunnel`: asked for by CONNECT. `forward`: a plain request by its whole URL. */
export type ProxiedRequest = {
  readonly kind: 'tunnel' | 'forward';
  /** `host:port`, always with the port. */
  readonly target: string;
  readonly outcome: 'passed' | 'unauthorized' | 'refused';
};

/** A forward proxy as companies run them, on 127.0.0.1. */
export type ForwardProxy = {
  /** With user and password, as `HTTPS_PROXY` has them. */
  readonly url: string;
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Oldest first. */
  requests(): readonly ProxiedRequest[];
  /** Tunnels that stand, or are being asked for. */
  open(): number;
  stop(): Promise<void>;
};

export type ForwardProxyOptions = {
  /** Percent-encoded, as it stands in URLs; anybody may pass by default. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** The local port behind a `host:port`, for names only this proxy knows; others are asked for as they are. */
  readonly locate?: (target: string) => number | undefined;
  /** What it does not let through. */
  readonly refuses?: (target: string, kind: ProxiedRequest['kind']) => boolean;
  /** Takes requests for tunnels and answers none of them. */
  readonly thinks?: boolean;
  /** Spoken to over TLS when given. */
  readonly tls?: Certificate;
};

export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const { credentials, locate = () => undefined, refuses = () => false, thinks = false, tls } = options;
  const requests: ProxiedRequest[] = [];
  let tunnels = 0;
  const { server, port, keep, stop } = await listen(tls);
  const expected =
    credentials === undefined
      ? undefined
      : `Basic ${btoa([credentials.user, credentials.password].map(decodeURIComponent).join(':'))}`;

  function judge(
    kind: ProxiedRequest['kind'],
    target: string,
    { headers }: IncomingMessage,
  ): ProxiedRequest['outcome'] {
    const known = expected === undefined || headers['proxy-authorization'] === expected;
    const outcome = !known ? 'unauthorized' : refuses(target, kind) ? 'refused' : 'passed';
    requests.push({ kind, target, outcome });
    return outcome;
  }

  function whereIs(target: string): { readonly host: string; readonly port: number } {
    const { hostname, port: written } = new URL(`http://${target}`);
    const local = locate(target);
    return local === undefined
      ? { host: hostname, port: Number(written === '' ? 80 : written) }
      : { host: '127.0.0.1', port: local };
  }

  server.on('connect', (asked: IncomingMessage, client: Duplex, head: Buffer) => {
    keep(client);
    tunnels += 1;
    client.once('close', () => (tunnels -= 1));
    const target = asked.url ?? '';
    const outcome = judge('tunnel', target, asked);
    if (outcome !== 'passed') return void client.end(`HTTP/1.1 ${statusOf[outcome]} No\r\n\r\n`);
    if (thinks) return void client.resume().once('end', () => client.destroy());
    const upstream = connect(whereIs(target));
    keep(upstream);
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });

  server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
    const url = URL.parse(asked.url ?? '');
    if (url === null) return void answer.writeHead(400).end();
    const target = `${url.hostname}:${url.port === '' ? '80' : url.port}`;
    const outcome = judge('forward', target, asked);
    if (outcome !== 'passed') return void answer.writeHead(statusOf[outcome]).end();
    const headers = { ...asked.headers };
    Reflect.deleteProperty(headers, 'proxy-authorization'); // meant for us alone
    const path = `${url.pathname}${url.search}`;
    const upstream = request({ ...whereIs(target), method: asked.method, path, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    upstream.on('error', () => answer.destroy());
    asked.pipe(upstream);
  });

  const host = `127.0.0.1:${port}`;
  const login = credentials === undefined ? '' : `${credentials.user}:${credentials.password}@`;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${login}${host}`,
    host,
    requests: () => requests,
    open: () => tunnels,
    stop,
  };
}

const statusOf = { unauthorized: 407, refused: 403 } as const;
