import type { AdapterFactory } from '../../src/contract/adapter.ts';
import { dingtalkKeys, readDingTalkConfig } from './config.ts';
import { platformId } from './decode/ids.ts';

/** DingTalk (钉钉). Cheap to import: the official SDK and everything that speaks is loaded by `create`. */
export const dingtalkFactory: AdapterFactory = {
  platform: platformId,
  keys: dingtalkKeys,
  plan(env) {
    const result = readDingTalkConfig(env);
    if (result.state !== 'ready') return result;
    const { config } = result;
    return {
      state: 'ready',
      secrets: [config.clientSecret],
      async create(deps) {
        const { createDingTalkAdapter } = await import('./adapter.ts');
        return createDingTalkAdapter(config, deps);
      },
    };
  },
};
