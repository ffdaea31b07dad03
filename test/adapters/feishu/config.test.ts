import { describe, expect, it } from 'vitest';
import { adapterFactories } from '../../../adapters/index.ts';
import { readFeishuConfig } from '../../../adapters/feishu/config.ts';
import { feishuFactory } from '../../../adapters/feishu/index.ts';

const credentials = { FEISHU_APP_ID: 'cli_a1b2c3d4e5f60718', FEISHU_APP_SECRET: 'very-secret-value' };
const webhook = { FEISHU_MODE: 'webhook', FEISHU_ENCRYPT_KEY: 'e-key', FEISHU_VERIFICATION_TOKEN: 'v-token' };

describe('the Feishu configuration', () => {
  it('is among the integrations', () => {
    expect(adapterFactories).toContain(feishuFactory);
  });

  it.each([
    {},
    { FEISHU_BASE_URL: 'https://open.larksuite.com' },
    { FEISHU_MODE: 'ws' },
    { FEISHU_APP_ID: ' ' },
  ])('is off with %j', (env) => {
    expect(readFeishuConfig(env)).toEqual({ state: 'off' });
  });

  it('has its defaults', () => {
    expect(readFeishuConfig(credentials)).toEqual({
      state: 'ready',
      config: {
        appId: 'cli_a1b2c3d4e5f60718',
        appSecret: 'very-secret-value',
        mode: 'ws',
        webhook: undefined,
        baseUrl: 'https://open.feishu.cn',
        updateIntervalMs: 100,
        monthlyCalls: undefined,
        webhookWindowMs: 300_000,
      },
    });
  });

  it('takes what is set, without the slash after the base URL', () => {
    const env = {
      ...credentials,
      ...webhook,
      FEISHU_BASE_URL: 'http://127.0.0.1:8080/proxy//',
      FEISHU_UPDATE_INTERVAL_MS: '500',
      FEISHU_MONTHLY_CALLS: '10000',
      FEISHU_WEBHOOK_WINDOW_MS: '60000',
    };
    expect(readFeishuConfig(env)).toMatchObject({
      config: {
        mode: 'webhook',
        webhook: { encryptKey: 'e-key', verificationToken: 'v-token' },
        baseUrl: 'http://127.0.0.1:8080/proxy',
        updateIntervalMs: 500,
        monthlyCalls: 10_000,
        webhookWindowMs: 60_000,
      },
    });
  });

  it.each([
    [{ FEISHU_APP_ID: credentials.FEISHU_APP_ID }, ['FEISHU_APP_SECRET']],
    [{ FEISHU_APP_SECRET: 'x' }, ['FEISHU_APP_ID']],
    [{ FEISHU_ENCRYPT_KEY: 'x' }, ['FEISHU_APP_ID', 'FEISHU_APP_SECRET']],
    [{ ...credentials, FEISHU_MODE: 'webhook' }, ['FEISHU_ENCRYPT_KEY', 'FEISHU_VERIFICATION_TOKEN']],
    [{ ...credentials, ...webhook, FEISHU_ENCRYPT_KEY: '' }, ['FEISHU_ENCRYPT_KEY']],
  ])('%j lacks keys, each with the console page on which it is found', (env, missing) => {
    const result = readFeishuConfig(env);
    const faults = result.state === 'faulty' ? result.faults : [];
    expect(faults.map(({ key }) => key)).toEqual(missing);
    expect(faults.every(({ where }) => where?.includes('开发者后台'))).toBe(true);
  });

  it.each([
    ['FEISHU_APP_ID', 'cli_123'],
    ['FEISHU_APP_ID', 'a1b2c3d4e5f60718'],
    ['FEISHU_MODE', 'webhooks'],
    ['FEISHU_BASE_URL', 'open.feishu.cn'],
    ['FEISHU_BASE_URL', 'ftp://open.feishu.cn'],
    ['FEISHU_BASE_URL', 'https://user:pass@open.feishu.cn'],
    ['FEISHU_BASE_URL', 'https://open.feishu.cn?x=1'],
    ['FEISHU_UPDATE_INTERVAL_MS', '99'],
    ['FEISHU_UPDATE_INTERVAL_MS', '1e3'],
    ['FEISHU_MONTHLY_CALLS', '0'],
    ['FEISHU_MONTHLY_CALLS', '-5'],
    ['FEISHU_MONTHLY_CALLS', 'many'],
    ['FEISHU_WEBHOOK_WINDOW_MS', '5 minutes'],
  ])('%s=%s is a fault that says what was expected', (key, value) => {
    const result = readFeishuConfig({ ...credentials, [key]: value });
    expect(result).toMatchObject({
      state: 'faulty',
      faults: [{ key, expected: expect.any(String) as string }],
    });
  });

  it('an id that only the long connection cannot use does for webhooks', () => {
    const env = { ...credentials, ...webhook, FEISHU_APP_ID: 'cli_private' };
    expect(readFeishuConfig({ ...env, FEISHU_MODE: 'webhook' })).toMatchObject({ state: 'ready' });
    expect(readFeishuConfig({ ...env, FEISHU_MODE: 'ws' })).toMatchObject({ state: 'faulty' });
  });

  it('lists all faults at once and shows no values', () => {
    const env = {
      FEISHU_APP_ID: 'cli_private',
      FEISHU_APP_SECRET: 'very-secret',
      FEISHU_MODE: 'bad',
      FEISHU_MONTHLY_CALLS: 'bad',
    };
    const result = readFeishuConfig(env);
    expect(result.state === 'faulty' && result.faults.map(({ key }) => key)).toEqual([
      'FEISHU_APP_ID',
      'FEISHU_MODE',
      'FEISHU_MONTHLY_CALLS',
    ]);
    expect(JSON.stringify(result)).not.toMatch(/very-secret|cli_private/);
  });

  it('names its secrets, so that they can be kept out of logs', () => {
    const plan = feishuFactory.plan({ ...credentials, ...webhook });
    expect(plan.state === 'ready' && plan.secrets).toEqual(['very-secret-value', 'e-key', 'v-token']);
  });

  it('reads no key that the factory does not name', () => {
    const asked: string[] = [];
    const env = new Proxy<Record<string, string>>(
      { ...credentials, ...webhook },
      {
        get(values, key) {
          asked.push(String(key));
          return Reflect.get(values, key) as unknown;
        },
      },
    );
    feishuFactory.plan(env);
    expect(feishuFactory.keys).toEqual(expect.arrayContaining(asked));
  });
});
