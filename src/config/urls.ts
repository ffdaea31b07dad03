import type { Reader } from './reader.ts';

/** One base URL of a model server: http or https, without credentials, query or fragment. Undefined after a fault. */
export function readBaseUrl(reader: Reader, key: string, value: string): string | undefined {
  const url = parseHttpUrl(value);
  if (url === undefined) {
    reader.fault(key, 'http://host:port/v1 or https://…');
    return undefined;
  }
  if (url.username !== '' || url.password !== '') {
    reader.fault(key, 'a URL without user:password@ (use QWEN_API_KEY, or QWEN_EXTRA_HEADERS)');
    return undefined;
  }
  if (url.search !== '' || url.hash !== '') {
    reader.fault(key, 'a URL without ? and #: the request paths are added to it');
    return undefined;
  }
  return value.replace(/\/+$/, '');
}

/** A proxy such as `http://user:password@host:3128`; undefined when missing, and after a fault. */
export function readProxy(reader: Reader, key: string): string | undefined {
  const value = reader.text(key);
  if (value === undefined) return undefined;
  if (parseHttpUrl(value) !== undefined) return value;
  reader.fault(key, 'http://host:port or https://host:port (SOCKS is not supported)');
  return undefined;
}

/** `host` or `host:port` names in lower case; IPv6 addresses in brackets. */
export function readMediaHosts(reader: Reader): readonly string[] {
  const hosts = reader.list('MEDIA_HOSTS') ?? [];
  if (!hosts.every(isHostWithPort)) {
    reader.fault(
      'MEDIA_HOSTS',
      'comma-separated host or host:port names, without http:// and without a path',
    );
  }
  return hosts.map((host) => host.toLowerCase());
}

/** What a server can listen on: a name, an IPv4 or an IPv6 address (without brackets). */
export function isHostName(host: string): boolean {
  return URL.canParse(`http://${host.includes(':') ? `[${host}]` : host}/`) && /^[\w.:-]+$/.test(host);
}

function isHostWithPort(value: string): boolean {
  return /^([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?$/.test(value) && URL.canParse(`http://${value}/`);
}

function parseHttpUrl(value: string): URL | undefined {
  // The URL class mends what an operator would rather hear about: `http:host`, `http:///host`, blanks.
  if (!/^https?:\/\/[^\s/\\]+[^\s\\]*$/i.test(value) || !URL.canParse(value)) return undefined;
  return new URL(value);
}
