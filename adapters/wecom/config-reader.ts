import type { ConfigFault, Env } from '../../src/contract/adapter.ts';

export type Read<Config> =
  | { readonly state: 'off' }
  | { readonly state: 'faulty'; readonly faults: readonly ConfigFault[] }
  | { readonly state: 'ready'; readonly config: Config };

/** Reads keys one by one and collects what is wrong with them. Neither secrets nor other values appear in a fault. */
export type ConfigReader = {
  required(key: string, expected: string, where: string, form?: RegExp): string;
  integer(key: string, range: readonly [least: number, most: number], fallback: number): number;
  url(key: string, fallback: string, protocols: RegExp): string;
  /** `on`: whether any of the integration's own credentials is given. */
  result<Config>(config: Config): Read<Config>;
};

/**
 * `optional`: who says what is wrong with keys that have a default. Those that all integrations read are looked at by
 * each, and told by one.
 */
export function createConfigReader(
  env: Env,
  credentials: readonly string[],
  optional: 'told' | 'told elsewhere',
): ConfigReader {
  const faults: ConfigFault[] = [];
  const given = (key: string): string | undefined => env[key]?.trim() || undefined;
  const tell = (fault: ConfigFault): void => {
    if (optional === 'told') faults.push(fault);
  };
  const on = credentials.some((key) => given(key) !== undefined);
  return {
    required(key, expected, where, form) {
      const value = given(key);
      if (on && (value === undefined || form?.test(value) === false)) faults.push({ key, expected, where });
      return value ?? '';
    },
    integer(key, [least, most], fallback) {
      const value = given(key);
      if (value === undefined) return fallback;
      const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      tell({ key, expected: `a whole number from ${least} to ${most}` });
      return fallback;
    },
    url(key, fallback, protocols) {
      const url = URL.parse(given(key) ?? fallback);
      const bare = url !== null && url.username + url.password + url.search + url.hash === '';
      if (bare && protocols.test(url.protocol)) return url.href.replace(/\/+$/, '');
      tell({ key, expected: `a URL without query, such as ${fallback}` });
      return fallback;
    },
    result(config) {
      if (faults.length > 0) return { state: 'faulty', faults };
      return on ? { state: 'ready', config } : { state: 'off' };
    },
  };
}
