import { describe, expect, it } from 'vitest';
import type { AdapterPlan, Env } from '../../../src/contract/adapter.ts';
import { wecomFactories } from '../../../adapters/wecom/index.ts';

const bot = { WECOM_BOT_ID: 'aib1', WECOM_BOT_SECRET: 'a-secret' };
const botWebhook = { WECOM_BOT_TOKEN: 'a-token', WECOM_BOT_ENCODING_AES_KEY: 'A'.repeat(43) };
const app = {
  WECOM_CORP_ID: 'ww1',
  WECOM_AGENT_ID: '1000002',
  WECOM_AGENT_SECRET: 'app-secret',
  WECOM_AGENT_TOKEN: 'app-token',
  WECOM_AGENT_ENCODING_AES_KEY: 'B'.repeat(43),
};

const plans = (env: Env): AdapterPlan[] => wecomFactories.map((factory) => factory.plan(env));
const states = (env: Env): string[] => plans(env).map(({ state }) => state);
const faults = (env: Env): string[] =>
  plans(env).flatMap((plan) => (plan.state === 'faulty' ? plan.faults.map(({ key }) => key) : []));

describe('the WeCom settings', () => {
  it('switch on each integration by its own keys', () => {
    expect(states({})).toEqual(['off', 'off', 'off']);
    expect(states({ WECOM_BASE_URL: 'https://qy.example' })).toEqual(['off', 'off', 'off']);
    expect(states(bot)).toEqual(['ready', 'off', 'off']);
    expect(states(botWebhook)).toEqual(['off', 'ready', 'off']);
    expect(states(app)).toEqual(['off', 'off', 'ready']);
    expect(states({ ...bot, ...botWebhook, ...app })).toEqual(['ready', 'ready', 'ready']);
  });

  it('name every key that is missing, and where it is found', () => {
    expect(faults({ WECOM_BOT_ID: 'aib1' })).toEqual(['WECOM_BOT_SECRET']);
    expect(faults({ WECOM_CORP_ID: 'ww1', WECOM_AGENT_ID: ' ' })).toEqual([
      'WECOM_AGENT_ID',
      'WECOM_AGENT_SECRET',
      'WECOM_AGENT_TOKEN',
      'WECOM_AGENT_ENCODING_AES_KEY',
    ]);
    const [plan] = plans({ WECOM_BOT_SECRET: 'x' });
    expect(plan?.state === 'faulty' && plan.faults[0]?.where).toContain('智能机器人');
  });

  it.for([
    ['WECOM_BOT_ENCODING_AES_KEY', { ...botWebhook, WECOM_BOT_ENCODING_AES_KEY: 'too-short' }],
    ['WECOM_AGENT_ID', { ...app, WECOM_AGENT_ID: 'one' }],
    ['WECOM_BOT_WS_URL', { ...bot, WECOM_BOT_WS_URL: 'https://openws.work.weixin.qq.com' }],
    ['WECOM_BASE_URL', { ...bot, WECOM_BASE_URL: 'host-without-scheme' }],
    ['WECOM_STREAM_LIFETIME_MS', { ...bot, WECOM_STREAM_LIFETIME_MS: '5 minutes' }],
    ['WECOM_UPDATE_INTERVAL_MS', { ...bot, WECOM_UPDATE_INTERVAL_MS: '77' }],
  ] as const)('refuse a malformed %s, without repeating it', ([key, env]) => {
    expect(faults(env)).toEqual([key]);
    const value: string | undefined = (env as Env)[key];
    expect(JSON.stringify(plans(env))).not.toContain(value);
  });

  it('give all secrets to be masked', () => {
    const secrets = plans({ ...bot, ...botWebhook, ...app }).flatMap((plan) =>
      plan.state === 'ready' ? plan.secrets : [],
    );
    expect(secrets).toEqual([
      'a-secret',
      'a-token',
      'A'.repeat(43),
      'app-secret',
      'app-token',
      'B'.repeat(43),
    ]);
  });

  it('are all among the keys, so that a misspelling is noticed', () => {
    const keys = new Set(wecomFactories.flatMap((factory) => factory.keys));
    for (const key of Object.keys({ ...bot, ...botWebhook, ...app })) expect(keys).toContain(key);
  });
});
