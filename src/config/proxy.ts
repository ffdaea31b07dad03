import { BlockList, isIP } from 'node:net';
import type { Config } from './types.ts';

/** Where a URL leads: a name or an address in lower case, without brackets and without a dot at its end. */
type Destination = { readonly host: string; readonly port: string };
type Exemption = (to: Destination) => boolean;

/**
 * Which proxy a platform's URL goes through, if any, whatever the URL's scheme. `NO_PROXY` entries are a host, a domain
 * (with or without leading dot or `*.`, subdomains included), an IP address, either with `:port`, a CIDR block, or `*`;
 * what is none of these exempts nothing. Names are compared as they are written: nothing is resolved, so a block exempts
 * only URLs that hold an address. Loopback addresses never go through a proxy, which would take them for its own.
 */
export function createProxyFor({
  platformProxy,
  noProxy,
}: Config['network']): (url: URL) => string | undefined {
  const exemptions = [isLoopback, ...noProxy.map(readExemption)];
  return (url) => {
    const to = { host: url.hostname.replace(/^\[|\]$|\.$/g, ''), port: effectivePort(url) };
    return exemptions.some((exempts) => exempts(to)) ? undefined : platformProxy;
  };
}

function readExemption(entry: string): Exemption {
  if (entry === '*') return () => true;
  const [, block = '', prefix = ''] = /^\[?([^\]]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(block) !== 0) return addressesIn(block, Number(prefix));
  if (isIP(entry) === 6) return addressesIn(entry);
  const [, host = entry, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  const exempts = hostsLike(host.replace(/^\[|\]$/g, ''));
  return (to) => (port === undefined || port === to.port) && exempts(to);
}

function hostsLike(written: string): Exemption {
  if (isIP(written) !== 0) return addressesIn(written);
  const name = written.replace(/^\*?\./, '').replace(/\.$/, '');
  return ({ host }) => host === name || host.endsWith(`.${name}`);
}

/** Compares addresses, not how they are written. */
function addressesIn(address: string, prefix?: number): Exemption {
  const family = familyOf(address);
  const longest = family === 'ipv4' ? 32 : 128;
  if (prefix !== undefined && prefix > longest) return () => false;
  const block = new BlockList();
  block.addSubnet(address, prefix ?? longest, family);
  return ({ host }) => isIP(host) !== 0 && block.check(host, familyOf(host));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function effectivePort(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' || url.protocol === 'wss:' ? '443' : '80';
}

function isLoopback({ host }: Destination): boolean {
  return /(^|\.)localhost$/.test(host) || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
