import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.ts';
import { formatFaults } from '../../../src/config/faults.ts';
import { parrotFactory } from '../../fakes/factory.ts';

const PARROT = { PARROT_APP_ID: 'id_1', PARROT_APP_SECRET: 'feathers-and-crackers' };

function start(env: Record<string, string>, dotenv?: string): string {
  const readFile = (): string => 'x';
  const result = loadConfig({ env: { ...PARROT, ...env }, dotenv, readFile, factories: [parrotFactory] });
  return result.ok ? 'started' : formatFaults(result.faults);
}

describe('a misspelt key', () => {
  it.each([
    ['QWEN_MODLE', 'QWEN_MODEL'],
    ['QWEN_BASEURL', 'QWEN_BASE_URL'],
    ['QWEN_URL', 'QWEN_BASE_URL'],
    ['QWEN_API_BASE_URL', 'QWEN_BASE_URL'],
    ['QWEN_URL_BASE', 'QWEN_BASE_URL'],
    ['QWEN_IDLE_TIMEOUT', 'QWEN_IDLE_TIMEOUT_MS'],
    ['qwen_model', 'QWEN_MODEL'],
    ['PARROT_SECRET', 'PARROT_APP_SECRET'],
    ['PARROT_APP_SECERT_FILE', 'PARROT_APP_SECRET_FILE'],
    ['PARROT_APP_SECRE', 'PARROT_APP_SECRET'],
  ])('stops the start wherever it stands: %s', (key, meant) => {
    expect(start({ [key]: 'x' })).toContain(
      `${key}\n  expected  a known key; this one (in the environment) looks like ${meant}`,
    );
    expect(start({}, `${key}=x`)).toContain(
      `${key}\n  expected  a known key; this one (in .env) looks like ${meant}`,
    );
  });

  it.each([
    'PROT',
    'ADMIN',
    'HOSTS',
    'LOGLEVEL',
    'TIMEZONE',
    'DATABASE_URI',
    'METRIC_TOKEN',
    'RETENTION-DAYS',
  ])('stops the start in .env, but is somebody else’s in the environment: %s', (key) => {
    expect(start({}, `${key}=x`)).toContain(`${key}\n`);
    expect(start({ [key]: 'x' })).toBe('started');
  });

  it('is told with the nearest name, never with its value', () => {
    const text = start({}, 'METRICS_TOKE=hush-hush-hush');
    expect(text).toContain('in .env   METRICS_TOKEN=…');
    expect(text).not.toContain('hush');
  });
});

it('what Node reads before .env is a fault there, unless the environment has it too', () => {
  expect(start({}, 'NODE_EXTRA_CA_CERTS=/etc/ca.pem')).toContain(
    'NODE_EXTRA_CA_CERTS\n  expected  in the environment',
  );
  expect(start({ NODE_EXTRA_CA_CERTS: '/etc/ca.pem' }, 'NODE_EXTRA_CA_CERTS=/etc/ca.pem')).toBe('started');
});

describe('what others put into the environment', () => {
  it.each([
    ['QWEN_PORT', 'tcp://10.96.0.12:8000'],
    ['QWEN_SERVICE_HOST', '10.96.0.12'],
    ['QWEN_SERVICE_PORT', '8000'],
    ['QWEN_SERVICE_PORT_HTTP', '8000'],
    ['QWEN_PORT_80_TCP', 'tcp://10.96.0.12:80'],
    ['QWEN_PORT_8000_TCP_ADDR', '10.96.0.12'],
    ['QWEN_MODEL_SERVICE_HOST', '10.96.0.12'],
    ['QWEN_MODEL_PORT', 'tcp://10.96.0.12:80'],
    ['PARROT_APP_PORT', 'tcp://10.96.0.12:80'],
    ['PARROT_WEBHOOK', 'https://hook'],
    ['PARROT_STREAM', 'another program’s'],
    ['PATH', '/usr/bin'],
    ['HOSTNAME', 'box'],
    ['HTTP_PROXY', 'http://proxy:3128'],
  ])('is left alone: %s=%s', (key, value) => {
    expect(start({ [key]: value })).toBe('started');
  });

  it('is left alone in .env too where it resembles nothing of ours', () => {
    expect(start({}, 'TZ=Asia/Shanghai\nCOMPOSE_PROJECT_NAME=bridge\nHTTP_PROXY=http://proxy:3128\n')).toBe(
      'started',
    );
  });
});
