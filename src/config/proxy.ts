import type { Config } from './types.ts';

/**
 * Which proxy a platform's URL goes through, if any. `NO_PROXY` entries are a host, a domain (with or without leading
 * dot, subdomains included), either with `:port`, or `*`. Loopback addresses never go through a proxy.
 */
export function createProxyFor({
  platformProxy,
  noProxy,
}: Config['network']): (url: URL) => string | undefined {
  return (url) => {
    if (platformProxy === undefined || isLoopback(url.hostname)) return undefined;
    return noProxy.some((entry) => exempts(entry, url)) ? undefined : platformProxy;
  };
}

function exempts(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const [, domain = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && port !== effectivePort(url)) return false;
  const name = domain.replace(/^\*?\./, '');
  return url.hostname === name || url.hostname.endsWith(`.${name}`);
}

function effectivePort(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' || url.protocol === 'wss:' ? '443' : '80';
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}
