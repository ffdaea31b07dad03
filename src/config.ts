import { unescape } from 'node:querystring';
import { readAdmins, readAllow } from './config/access.ts';
import { databaseSecrets } from './config/database.ts';
import { parseDotenv } from './config/dotenv.ts';
import { resolveEnvironment } from './config/environment.ts';
import type { Fault } from './config/faults.ts';
import { coreKeys } from './config/keys.ts';
import { findMisspellings, findTooEarly } from './config/misspellings.ts';
import { readModelConfig } from './config/model.ts';
import { planPlatforms, platformNames } from './config/platforms.ts';
import { createReader } from './config/reader.ts';
import { readServiceConfig } from './config/service.ts';
import type { Config, ReadyPlan } from './config/types.ts';
import type { AdapterFactory, Env } from './contract/adapter.ts';

export type ConfigSources = {
  /** The process environment; it wins over `dotenv`. */
  readonly env: Env;
  /** The text of `.env`, where there is one. */
  readonly dotenv?: string | undefined;
  /** Reads the file a `NAME_FILE` key points at; throws when it cannot. */
  readonly readFile: (path: string) => string;
  readonly factories: readonly AdapterFactory[];
};

export type LoadedConfig = (
  | { readonly ok: true; readonly config: Config; readonly plans: readonly ReadyPlan[] }
  | { readonly ok: false; readonly faults: readonly Fault[] }
) & {
  /** `ASSISTANTS_FILE`, for what is wrong in that file to be told together with the rest. */
  readonly assistantsFile: string | undefined;
};

/** Decodes the environment. Every fault is found in one go; none of them quotes a value. */
export function loadConfig({ env, dotenv = '', readFile, factories }: ConfigSources): LoadedConfig {
  const file = parseDotenv(dotenv);
  const known = knownKeys(factories);
  const resolved = resolveEnvironment({ sources: [env, file.values], keys: known, readFile });
  const misspelt = findMisspellings({
    environment: env,
    dotenv: file.values,
    known,
    prefixes: ownPrefixes(factories),
  });
  const tooEarly = findTooEarly(env, file.values);
  const reader = createReader(resolved.values);
  const platforms = platformNames(factories);
  const config: Config = {
    model: readModelConfig(reader),
    access: { admins: readAdmins(reader, platforms), allow: readAllow(reader, platforms) },
    ...readServiceConfig(reader),
  };
  const planned = planPlatforms(factories, resolved.values);
  const faults = [
    ...file.faults,
    ...resolved.faults,
    ...misspelt,
    ...tooEarly,
    ...planned.faults,
    ...reader.faults,
  ];
  const { assistantsFile } = config.conversation;
  if (faults.length > 0) return { ok: false, faults, assistantsFile };
  return { ok: true, config, plans: planned.plans, assistantsFile };
}

/** Every key that means something: the core's and those of the given platforms. */
export function knownKeys(factories: readonly AdapterFactory[]): readonly string[] {
  return [...new Set([...coreKeys, ...factories.flatMap(({ keys }) => keys)])];
}

/** Every configured secret, for the log to mask. */
export function secrets(config: Config, plans: readonly ReadyPlan[]): readonly string[] {
  const { servers, vision, extraHeaders, extraBody, proxy } = config.model;
  const values = [
    ...servers.map(({ apiKey }) => apiKey),
    vision?.apiKey,
    config.http.metricsToken,
    ...(config.database === undefined ? [] : databaseSecrets(config.database)),
    ...Object.entries({ ...extraHeaders, ...extraBody }).flatMap(([name, value]) =>
      looksSecret(name, value) ? value : [],
    ),
    ...[proxy, config.network.platformProxy].flatMap((url) => (url === undefined ? [] : passwordOf(url))),
    ...plans.flatMap((plan) => plan.secrets),
  ];
  return [...new Set(values.filter((value) => typeof value === 'string'))];
}

// Gateways take their credentials in headers and body fields of any name.
function looksSecret(name: string, value: unknown): boolean {
  return (
    /auth|key|token|secret|cookie|pass|cred|sign/i.test(name) ||
    (typeof value === 'string' && value.length >= 16)
  );
}

function passwordOf(url: string): readonly string[] {
  const { password } = new URL(url);
  return password === '' ? [] : [password, unescape(password)];
}

function ownPrefixes(factories: readonly AdapterFactory[]): readonly string[] {
  const platformKeys = [...factories.flatMap(({ keys }) => keys)];
  const prefixes = platformKeys.map((key) => key.slice(0, key.indexOf('_') + 1));
  return [...new Set(['QWEN_', ...prefixes.filter((prefix) => prefix !== '')])];
}
