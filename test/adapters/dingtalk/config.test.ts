import { describe, expect, it } from 'vitest';
import { dingtalkKeys, readDingTalkConfig } from '../../../adapters/dingtalk/config.ts';
import { dingtalkFactory } from '../../../adapters/dingtalk/index.ts';

const credentials = { DINGTALK_CLIENT_ID: 'dingabc', DINGTALK_CLIENT_SECRET: 'the-secret' };

describe('the configuration of DingTalk', () => {
  it('is off when nothing is set, also with nothing but settings', () => {
    expect(readDingTalkConfig({})).toEqual({ state: 'off' });
    expect(readDingTalkConfig({ DINGTALK_BASE_URL: 'https://api.dingtalk.io' })).toEqual({ state: 'off' });
  });

  it('has defaults for everything but the credentials', () => {
    expect(readDingTalkConfig(credentials)).toEqual({
      state: 'ready',
      config: {
        clientId: 'dingabc',
        clientSecret: 'the-secret',
        mode: 'stream',
        cardTemplateId: undefined,
        baseUrl: 'https://api.dingtalk.com',
        oapiBaseUrl: 'https://oapi.dingtalk.com',
        updateIntervalMs: 500,
        monthlyCalls: undefined,
      },
    });
  });

  it.each([
    [{ DINGTALK_CLIENT_ID: 'dingabc' }, ['DINGTALK_CLIENT_SECRET']],
    [{ DINGTALK_CARD_TEMPLATE_ID: 'x.schema' }, ['DINGTALK_CLIENT_ID', 'DINGTALK_CLIENT_SECRET']],
    [{ ...credentials, DINGTALK_CARD_TEMPLATE_ID: 'x' }, ['DINGTALK_CARD_TEMPLATE_ID']],
    [{ ...credentials, DINGTALK_MODE: 'http' }, ['DINGTALK_MODE']],
    [{ ...credentials, DINGTALK_BASE_URL: 'ftp://x' }, ['DINGTALK_BASE_URL']],
    [{ ...credentials, DINGTALK_OAPI_BASE_URL: 'https://x/?a=1' }, ['DINGTALK_OAPI_BASE_URL']],
    [{ ...credentials, DINGTALK_UPDATE_INTERVAL_MS: '5' }, ['DINGTALK_UPDATE_INTERVAL_MS']],
    [{ ...credentials, DINGTALK_MONTHLY_CALLS: '1e3' }, ['DINGTALK_MONTHLY_CALLS']],
  ])('names every fault, and no value (%#)', (env, keys) => {
    const result = readDingTalkConfig(env);
    if (result.state !== 'faulty') throw new Error(result.state);
    expect(result.faults.map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(JSON.stringify(result)).not.toContain('the-secret');
  });

  it('names its secret, so that it can be masked, and its keys', () => {
    const plan = dingtalkFactory.plan(credentials);
    expect(plan).toMatchObject({ state: 'ready', secrets: ['the-secret'] });
    expect(dingtalkFactory.keys).toEqual(dingtalkKeys);
    expect(dingtalkFactory.platform).toBe('dingtalk');
  });
});
