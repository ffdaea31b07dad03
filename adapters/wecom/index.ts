import type { Adapter, AdapterDeps, AdapterFactory, Env } from '../../src/contract/adapter.ts';
import type { ConfigResult } from '../shared/config-reader.ts';
import {
  appKeys,
  botKeys,
  botWebhookKeys,
  readAppConfig,
  readBotConfig,
  readBotWebhookConfig,
} from './config.ts';
import { platformId } from './ids.ts';

type Integration<Config> = {
  readonly keys: readonly string[];
  readonly read: (env: Env) => ConfigResult<Config>;
  readonly secretsOf: (config: Config) => readonly string[];
  readonly create: (config: Config, deps: AdapterDeps) => Promise<Adapter>;
};

function factory<Config>({ keys, read, secretsOf, create }: Integration<Config>): AdapterFactory {
  return {
    platform: platformId,
    keys,
    plan(env) {
      const result = read(env);
      if (result.state !== 'ready') return result;
      const { config } = result;
      return { state: 'ready', secrets: secretsOf(config), create: (deps) => create(config, deps) };
    },
  };
}

/** The three ways into WeCom (企业微信). Cheap to import: whatever speaks is loaded by `create`. */
export const wecomFactories: readonly AdapterFactory[] = [
  factory({
    keys: botKeys,
    read: readBotConfig,
    secretsOf: ({ secret }) => [secret],
    create: async (config, deps) => (await import('./bot/adapter.ts')).createBotAdapter(config, deps),
  }),
  factory({
    keys: botWebhookKeys,
    read: readBotWebhookConfig,
    secretsOf: ({ keys }) => [keys.token, keys.encodingAesKey],
    create: async (config, deps) =>
      (await import('./bot-webhook/adapter.ts')).createBotWebhookAdapter(config, deps),
  }),
  factory({
    keys: appKeys,
    read: readAppConfig,
    secretsOf: ({ secret, keys }) => [secret, keys.token, keys.encodingAesKey],
    create: async (config, deps) => (await import('./app/adapter.ts')).createAppAdapter(config, deps),
  }),
];
