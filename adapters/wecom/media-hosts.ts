import { refusedHost } from './api.ts';

/**
 * Where WeCom keeps what people send: its own hosts, and Tencent's object store (the documentation's examples of path
 * 100719 and live payloads: `ww-aibot-img-….cos.ap-guangzhou.myqcloud.com`).
 */
const PLATFORM_SUFFIXES = ['.qq.com', '.myqcloud.com'];

export type MediaHosts = {
  /** The address, unchanged, or an `AdapterError` that names the line that would allow its host. */
  readonly check: (address: string) => URL;
  /** The last host that was refused, for the doctor. */
  readonly lastRefused: () => string | undefined;
};

/**
 * An address that came inside an event is followed only to the platform's own hosts on their usual ports, to the hosts of
 * configured base URLs, and to `MEDIA_HOSTS`.
 */
export function createMediaHosts(baseUrls: readonly string[], mediaHosts: readonly string[]): MediaHosts {
  const named = new Set([...baseUrls.map((url) => new URL(url).host), ...mediaHosts]);
  let lastRefused: string | undefined;
  return {
    check(address) {
      const url = URL.parse(address);
      const web = url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === '';
      if (web && (named.has(url.host) || named.has(url.hostname) || isPlatform(url))) return url;
      lastRefused = url?.host.slice(0, 128) ?? 'not an address';
      throw refusedHost(lastRefused);
    },
    lastRefused: () => lastRefused,
  };
}

function isPlatform({ hostname, port }: URL): boolean {
  return port === '' && PLATFORM_SUFFIXES.some((suffix) => hostname.endsWith(suffix));
}
