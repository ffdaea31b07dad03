import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapterFactories } from '../../../adapters/index.ts';
import { knownKeys, loadConfig } from '../../../src/config.ts';
import { formatFaults } from '../../../src/config/faults.ts';

const text = readFileSync(join(import.meta.dirname, '../../../.env.example'), 'utf8');
const lines = [...text.matchAll(/^(#?)([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(
  ([, mark = '', key = '', value = '']) => ({
    key,
    value,
    active: mark === '',
  }),
);

const readFile = (): string => {
  throw new Error('no files here');
};

describe('.env.example', () => {
  it('documents every key there is, each once, and no other', () => {
    expect(lines.map(({ key }) => key).sort()).toEqual([...knownKeys(adapterFactories)].sort());
  });

  it('starts as it stands once the keys of one platform are filled in', () => {
    const values = lines.filter(({ active }) => active).map(({ key }) => key);
    const dotenv = text
      .replace('FEISHU_APP_ID=', 'FEISHU_APP_ID=cli_0123456789abcdef')
      .replace('APP_SECRET=', 'APP_SECRET=x');
    const result = loadConfig({ env: {}, dotenv, readFile, factories: adapterFactories });
    expect(result.ok ? '' : formatFaults(result.faults)).toBe('');
    expect(values).toEqual(['FEISHU_APP_ID', 'FEISHU_APP_SECRET']);
  });

  it('shows values that would be accepted when the comment mark is taken away', () => {
    const shown = lines.filter(({ value, active }) => !active && value !== '');
    const dotenv = shown.map(({ key, value }) => `${key}=${value}`).join('\n');
    const env = { FEISHU_APP_ID: 'cli_0123456789abcdef', FEISHU_APP_SECRET: 'x' };
    const result = loadConfig({ env, dotenv, readFile, factories: adapterFactories });
    expect(result.ok ? '' : formatFaults(result.faults)).toBe('');
    expect(shown.length).toBeGreaterThan(20);
  });

  it('shows the defaults that hold without it', () => {
    const load = (dotenv: string) => {
      const env = { FEISHU_APP_ID: 'cli_0123456789abcdef', FEISHU_APP_SECRET: 'x', TIME_ZONE: 'UTC' };
      const result = loadConfig({ env, dotenv, readFile, factories: adapterFactories });
      return result.ok ? result.config : formatFaults(result.faults);
    };
    const examplesOnly = new Set([
      'ADMINS',
      'ALLOW',
      'QUIET_HOURS',
      'QWEN_EXTRA_HEADERS',
      'QWEN_EXTRA_BODY',
      'DATABASE_URL',
    ]);
    const defaults = lines.filter(({ key, value }) => value !== '' && !examplesOnly.has(key));
    expect(load(defaults.map(({ key, value }) => `${key}=${value}`).join('\n'))).toEqual(load(''));
  });
});
