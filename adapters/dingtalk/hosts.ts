/**
 * Where DingTalk's own addresses lead: its domains (`oapi.dingtalk.com`, international `api.dingtalk.io`), and Alibaba
 * Cloud's storage (`….oss-cn-….aliyuncs.com`, `….alicdn.com`) for pictures, as the download API's page shows them.
 */
const SESSION_SUFFIXES = ['.dingtalk.com', '.dingtalk.io'];
const MEDIA_SUFFIXES = [...SESSION_SUFFIXES, '.aliyuncs.com', '.alicdn.com'];

export type Hosts = {
  /** Whether answers may be posted to this session webhook: an event brings it, so it may be anybody's. */
  readonly allowsSession: (url: string) => boolean;
  /** Whether a picture may be fetched from there; DingTalk signs plain http addresses, too. */
  readonly allowsMedia: (url: string) => boolean;
};

type HostsOptions = {
  readonly baseUrls: readonly string[];
  /** `host` or `host:port`, lower case. */
  readonly mediaHosts: readonly string[];
};

/** The hosts of configured base URLs are allowed as they were configured, plain http included. */
export function createHosts({ baseUrls, mediaHosts }: HostsOptions): Hosts {
  const origins = new Set(baseUrls.map((base) => new URL(base).origin));
  const hosts = new Set([...mediaHosts, ...baseUrls.map((base) => new URL(base).host)]);
  return {
    allowsSession(text) {
      const url = readUrl(text);
      if (url === undefined) return false;
      return origins.has(url.origin) || (url.protocol === 'https:' && isUnder(url, SESSION_SUFFIXES));
    },
    allowsMedia(text) {
      const url = readUrl(text);
      if (url === undefined) return false;
      return isUnder(url, MEDIA_SUFFIXES) || hosts.has(url.host) || hosts.has(url.hostname);
    },
  };
}

function readUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.username === '' && url.password === '' ? url : undefined;
}

/** On the scheme's own port: another one is another service. */
function isUnder(url: URL, suffixes: readonly string[]): boolean {
  return url.port === '' && suffixes.some((suffix) => url.hostname.endsWith(suffix));
}
