import type { ConfigFault, Env } from '../../src/contract/adapter.ts';

/** What an integration's part of the environment comes to. `off`: none of its own credentials is given. */
export type ConfigResult<Config> =
  | { readonly state: 'off' }
  | { readonly state: 'faulty'; readonly faults: readonly ConfigFault[] }
  | { readonly state: 'ready'; readonly config: Config };

/**
 * Reads keys one by one and collects what is wrong with them, so that all faults are listed at once. Neither secrets nor
 * other values appear in a fault.
 */
export type ConfigReader<Key extends string> = {
  /** The value without blanks around it; a blank one counts as missing. */
  given(key: Key): string | undefined;
  /** A fault when it is missing, or not of this `form`, in an integration that is on; then what is given, or ''. */
  required(key: Key, expected: string, where: string, form?: RegExp): string;
  /** A whole number within the range, both ends included. */
  integer<Default extends number | undefined>(
    key: Key,
    range: readonly [least: number, most: number],
    fallback: Default,
  ): number | Default;
  /** One of `choices`, of which the first is the default. */
  choice<Choice extends string>(key: Key, choices: readonly [Choice, Choice]): Choice;
  /** A URL with neither credentials nor query, without a slash at the end. */
  url(key: Key, fallback: string, form: UrlForm): string;
  /** For what only the adapter can judge. */
  fault(fault: ConfigFault & { readonly key: Key }): void;
  /** The configuration if nothing was wrong with it. */
  result<Config>(config: Config): ConfigResult<Config>;
};

/** Which URLs will do, and how a fault calls them. */
export type UrlForm = { readonly protocols: RegExp; readonly called: string };

export const HTTP_URL: UrlForm = { protocols: /^https?:$/, called: 'an http(s) URL' };

type ReaderOptions<Key extends string> = {
  readonly env: Env;
  /** The keys that belong to one app of one company: any of them says that the integration is meant to be on. */
  readonly credentials: readonly Key[];
  /**
   * Who says what is wrong with keys that have a default. Those that several integrations read are looked at by each, and
   * told by one.
   */
  readonly optional?: 'told' | 'told elsewhere';
};

/** Reads an integration's keys from the environment. */
export function createConfigReader<Key extends string>({
  env,
  credentials,
  optional = 'told',
}: ReaderOptions<Key>): ConfigReader<Key> {
  const faults: ConfigFault[] = [];
  const given = (key: Key): string | undefined => env[key]?.trim() || undefined;
  const on = credentials.some((key) => given(key) !== undefined);
  const tell = (key: Key, expected: string): void => {
    if (optional === 'told') faults.push({ key, expected });
  };

  return {
    given,
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
      tell(key, `a whole number from ${least} to ${most}`);
      return fallback;
    },
    choice(key, choices) {
      const value = given(key);
      const chosen = value === undefined ? choices[0] : choices.find((choice) => choice === value);
      if (chosen === undefined) tell(key, choices.join(' or '));
      return chosen ?? choices[0];
    },
    url(key, fallback, { protocols, called }) {
      const url = URL.parse(given(key) ?? fallback);
      const bare = url !== null && url.username + url.password + url.search + url.hash === '';
      if (bare && protocols.test(url.protocol)) return url.href.replace(/\/+$/, '');
      tell(key, `${called} without query, such as ${fallback}`);
      return fallback;
    },
    fault: (fault) => {
      faults.push(fault);
    },
    result(config) {
      if (faults.length > 0) return { state: 'faulty', faults };
      return on ? { state: 'ready', config } : { state: 'off' };
    },
  };
}
