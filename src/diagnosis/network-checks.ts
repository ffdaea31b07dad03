import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { codeOf } from '../model/network-failure.ts';
import { unlessAborted, within } from '../model/within.ts';
import type { Finding, PlannedCheck } from './check.ts';
import { findModelServer } from './find-model-server.ts';
import type { HttpProbe } from './http-probe.ts';
import { addressOf, because, firstHop, isLoopback, type Target } from './target.ts';

const dnsTimeoutMs = 5_000;
const connectTimeoutMs = 4_000;

/** From the name to a trusted connection. With a proxy, name and connection are the proxy's. */
export function networkChecks(target: Target, probe: HttpProbe): readonly PlannedCheck[] {
  const secure = target.proxy === undefined && new URL(target.server.baseUrl).protocol === 'https:';
  return [
    { code: 'dns', needs: [], run: (signal) => checkName(target, signal) },
    { code: 'tcp', needs: ['dns'], run: (signal) => checkConnection(target, probe, signal) },
    ...(secure
      ? [
          {
            code: 'tls',
            needs: ['tcp'],
            run: (signal: AbortSignal) => checkCertificate(target, signal),
          } as const,
        ]
      : []),
  ];
}

async function checkName(target: Target, signal: AbortSignal): Promise<Finding> {
  const { hostname } = firstHop(target);
  if (isIP(hostname) !== 0) return { state: 'passed', evidence: hostname };
  try {
    const addresses = await within(target.clock, dnsTimeoutMs, signal, async (limited) => {
      const found = await unlessAborted(lookup(hostname, { all: true }), limited);
      limited.throwIfAborted();
      return found ?? [];
    });
    return { state: 'passed', evidence: addresses.map(({ address }) => address).join(', ') };
  } catch (error) {
    return because('dns', codeOf(error), target);
  }
}

async function checkConnection(target: Target, probe: HttpProbe, signal: AbortSignal): Promise<Finding> {
  const { hostname, port } = firstHop(target);
  try {
    const address = await within(target.clock, connectTimeoutMs, signal, (limited) =>
      openTcp(hostname, port, limited),
    );
    return { state: 'passed', evidence: address };
  } catch (error) {
    const code = codeOf(error);
    if (target.proxy !== undefined) return because('proxy-unreachable', code, target);
    if (['ETIMEDOUT', 'TimeoutError', 'UND_ERR_CONNECT_TIMEOUT'].includes(code))
      return because('firewall', code, target);
    if (code !== 'ECONNREFUSED') return because('no-route', code, target);
    const elsewhere = await findModelServer(target, probe, signal);
    if (elsewhere !== undefined) return because('wrong-port', code, target, { detail: String(elsewhere) });
    return because(isLoopback(hostname) ? 'refused-here' : 'refused-there', code, target);
  }
}

function openTcp(host: string, port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    // Happy eyeballs: `localhost` may be ::1 first while the server listens on IPv4 only.
    const socket = connectTcp({ host, port, autoSelectFamily: true });
    const stop = (): void => void socket.destroy(asError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', reject);
    socket.once('close', () => signal.removeEventListener('abort', stop));
    socket.once('connect', () => {
      resolve(`${socket.remoteAddress ?? host}:${port}`);
      socket.destroy();
    });
  });
}

async function checkCertificate(target: Target, signal: AbortSignal): Promise<Finding> {
  const { hostname, port } = addressOf(new URL(target.server.baseUrl));
  try {
    const version = await within(target.clock, connectTimeoutMs, signal, (limited) =>
      openTls(hostname, port, limited),
    );
    return { state: 'passed', evidence: version };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return because('certificate-name', code, target);
    const trust = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_)/.test(code);
    return because(trust ? 'certificate' : 'https-to-http', code, target);
  }
}

function openTls(host: string, port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connectTls({ host, port, ...servername });
    const stop = (): void => void socket.destroy(asError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', reject);
    // A plain HTTP server may just hang up on a greeting it does not understand.
    socket.once('close', () => {
      signal.removeEventListener('abort', stop);
      reject(new Error('closed', { cause: { code: 'ECONNRESET' } }));
    });
    socket.once('secureConnect', () => {
      const { valid_to: validTo } = socket.getPeerCertificate();
      resolve(`${socket.getProtocol() ?? 'TLS'}, ${validTo}`);
      socket.destroy();
    });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}
