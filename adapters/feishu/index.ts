import type { AdapterFactory } from '../../src/contract/adapter.ts';
import { feishuKeys, readFeishuConfig } from './config.ts';
import { platformId } from './decode/ids.ts';

/** Feishu (飞书). Cheap to import: the official SDK and everything that speaks is loaded by `create`. */
export const feishuFactory: AdapterFactory = {
  platform: platformId,
  keys: feishuKeys,
  plan(env) {
    const result = readFeishuConfig(env);
    if (result.state !== 'ready') return result;
    const { config } = result;
    const secrets = [config.appSecret, config.webhook?.encryptKey, config.webhook?.verificationToken];
    return {
      state: 'ready',
      secrets: secrets.filter((secret) => secret !== undefined),
      async create(deps) {
        const { createFeishuAdapter } = await import('./adapter.ts');
        return createFeishuAdapter(config, deps);
      },
    };
  },
};
