import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { codeOf } from './error-code.ts';
import { openTunnel, ProxyFailure } from './proxy-tunnel.ts';

/**
 * Why there was no connection, in a few words for operators: a code, and which proxy if it was the proxy's. Undefined when
 * the other side was reached, and refused.
 */
export function openingFault(error: unknown): string | undefined {
  if (error instanceof ProxyFailure) return `unavailable ${error.message}`;
  const code = codeOf(error);
  if (code === 'TimeoutError') return 'timeout';
  return /^[A-Z_\d]+$/.test(code) ? `unavailable ${code}` : undefined;
}

/**
 * A connection on which the other side may be spoken to at once: through the proxy if one is given, and trusted where the
 * scheme is `wss:` or `https:`. Rejects with `ProxyFailure`, with the error of the connection or with the signal's reason.
 */
export async function openSocket(url: URL, proxy: string | undefined, signal: AbortSignal): Promise<Socket> {
  const secure = url.protocol === 'wss:' || url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  const way =
    proxy === undefined ? { host, port } : { socket: await openTunnel({ proxy, host, port, signal }) };
  if (!secure) return 'socket' in way ? way.socket : opened(connect(way), 'connect', signal);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return opened(
    connectTls({ ...way, ...servername, host, ALPNProtocols: ['http/1.1'] }),
    'secureConnect',
    signal,
  );
}

async function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const stop = (): void => {
    socket.destroy();
    reject(signal.reason as Error);
  };
  const open = (): void => {
    resolve(socket);
  };
  const hungUp = (): void => {
    reject(Object.assign(new Error('closed before it was open'), { code: 'ECONNRESET' }));
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  socket.once(event, open).once('error', reject).once('close', hungUp);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    socket.off(event, open).off('error', reject).off('close', hungUp);
    // Until the next owner listens; whatever comes here also closes it.
    socket.on('error', () => undefined);
  }
}
