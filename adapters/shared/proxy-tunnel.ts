import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { codeOf } from './error-code.ts';

export type TunnelOptions = {
  /** `http(s)://user:password@host:port`; user and password percent-encoded, as URLs have them. */
  readonly proxy: string;
  readonly host: string;
  readonly port: number;
  /** Aborted when nobody wants the tunnel any more, or its time is over. */
  readonly signal: AbortSignal;
};

/** The proxy was not reached, or did not let us through; nothing that was asked of the platform has left. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';

  /** `reason`: an error code, or the status the proxy answered with. Of the proxy only host and port are told. */
  constructor(proxy: string, reason: string) {
    super(`proxy ${new URL(proxy).host} ${reason}`);
  }
}

/** Asks the proxy for a way to `host:port` (CONNECT). Rejects with `ProxyFailure`, or with the signal's reason. */
export async function openTunnel({ proxy, host, port, signal }: TunnelOptions): Promise<Socket> {
  signal.throwIfAborted();
  const url = new URL(proxy);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: hostname,
    port: url.port,
    // Otherwise Node would expect the certificate of the host in the header below.
    servername: isIP(hostname) === 0 ? hostname : '',
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorization(url) },
    agent: false,
  });
  const stop = (): void => {
    request.destroy();
    reject(codeOf(signal.reason) === 'TimeoutError' ? new ProxyFailure(proxy, 'timeout') : signal.reason);
  };
  signal.addEventListener('abort', stop, { once: true });
  request.once('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      socket.unshift(head);
      return resolve(socket);
    }
    socket.destroy();
    reject(new ProxyFailure(proxy, String(statusCode)));
  });
  request.on('error', (error) => {
    reject(new ProxyFailure(proxy, codeOf(error)));
  });
  request.end();
  return promise.finally(() => {
    signal.removeEventListener('abort', stop);
  });
}

function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
