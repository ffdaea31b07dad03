import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

describe('the demo’s settings', () => {
  it('uses the stand-in when no model server is configured; blank counts as missing', () => {
    expect(readSettings({ QWEN_BASE_URL: ' ', QWEN_MODEL: 'x' }, undefined)).toEqual({
      ok: true,
      value: { port: undefined, realModel: undefined, extra: {} },
    });
  });

  it('passes every QWEN key on, the environment before .env, and nothing of the platforms', () => {
    const dotenv =
      'QWEN_BASE_URL=http://a:8000\nQWEN_MODEL=m\nFEISHU_APP_ID=cli_1\nLOCALE=en\nADMINS=feishu:ou_1\n';
    const read = readSettings({ QWEN_MODEL: 'n', QWEN_API_KEY_FILE: 'key.txt', DEMO_PORT: '9000' }, dotenv);
    expect(read).toEqual({
      ok: true,
      value: {
        port: 9000,
        realModel: { QWEN_BASE_URL: 'http://a:8000', QWEN_MODEL: 'n', QWEN_API_KEY_FILE: resolve('key.txt') },
        extra: { LOCALE: 'en' },
      },
    });
  });

  it.each(['http', '70000', '-1', '80.5'])('refuses %j as a port', (port) => {
    expect(readSettings({ DEMO_PORT: port }, undefined)).toEqual({
      ok: false,
      reason: expect.stringContaining('DEMO_PORT'),
    });
  });
});
