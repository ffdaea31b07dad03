import type { AdapterFactory, ConfigFault } from '../../src/contract/adapter.ts';
import type { PlatformId } from '../../src/contract/ids.ts';

/** A platform with an id, a secret and a mode, as a factory of `adapters/index.ts` describes one. It is never created. */
export const parrotFactory: AdapterFactory = {
  platform: 'parrot' as PlatformId,
  keys: ['PARROT_APP_ID', 'PARROT_APP_SECRET', 'PARROT_MODE', 'PARROT_BASE_URL'],
  plan(env) {
    const { PARROT_APP_ID: id, PARROT_APP_SECRET: secret, PARROT_MODE: mode = 'ws' } = env;
    if (id === undefined && secret === undefined) return { state: 'off' };
    const faults: ConfigFault[] = [];
    if (id === undefined)
      faults.push({ key: 'PARROT_APP_ID', expected: 'the app id', where: 'Perch > Basics' });
    if (secret === undefined) {
      faults.push({ key: 'PARROT_APP_SECRET', expected: 'the app secret', where: 'Perch > Credentials' });
    }
    if (!['ws', 'webhook'].includes(mode))
      faults.push({ key: 'PARROT_MODE', expected: 'one of: ws, webhook' });
    if (faults.length > 0 || secret === undefined) return { state: 'faulty', faults };
    return {
      state: 'ready',
      secrets: [secret],
      create: () => Promise.reject(new Error('only planned here')),
    };
  },
};
