import { describe, expect, it } from 'vitest';
import { loadConfig, secrets, type ConfigSources } from '../../src/config.ts';
import { formatFaults } from '../../src/config/faults.ts';
import { parrotFactory } from '../fakes/factory.ts';

const PARROT = { PARROT_APP_ID: 'id_1', PARROT_APP_SECRET: 'feathers-and-crackers' };

function load(sources: Partial<ConfigSources>) {
  const noFile = (): string => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  return loadConfig({ env: {}, readFile: noFile, factories: [parrotFactory], ...sources });
}

function loaded(env: Record<string, string>, sources: Partial<ConfigSources> = {}) {
  const result = load({ ...sources, env: { ...PARROT, ...env } });
  if (!result.ok) throw new Error(formatFaults(result.faults));
  return result;
}

function faultyKeys(env: Record<string, string>, sources: Partial<ConfigSources> = {}): string[] {
  const result = load({ ...sources, env: { ...PARROT, ...env } });
  return result.ok ? [] : result.faults.map(({ key }) => key);
}

describe('configuration', () => {
  it('needs nothing but one platform', () => {
    const { config, plans } = loaded({});
    expect(plans.map(({ platform }) => platform)).toEqual(['parrot']);
    expect(config).toMatchObject({
      model: {
        servers: [{ baseUrl: 'http://127.0.0.1:8000/v1', model: 'auto' }],
        vision: undefined,
        firstTokenTimeoutMs: 60_000,
        idleTimeoutMs: 30_000,
        maxConcurrency: undefined,
      },
      access: { admins: [], allow: undefined },
      conversation: { groupContext: 'user', maxMessageAgeMs: 28_800_000 },
      http: { host: '127.0.0.1', port: 3000, metricsToken: undefined },
      retention: { days: 30, mediaHours: 24 },
      health: { intervalMs: 60_000, slowMs: 2000, failures: 3, quietHours: undefined },
      locale: 'zh',
      logLevel: 'info',
      shutdownGraceMs: 8000,
    });
  });

  it('takes the process environment over .env, and .env where the environment is blank', () => {
    const dotenv = 'PORT=4000\nLOCALE=en\nexport LOG_LEVEL="debug" # loud\n';
    const { config } = loaded({ PORT: '5000', LOCALE: '  ' }, { dotenv });
    expect([config.http.port, config.locale, config.logLevel]).toEqual([5000, 'en', 'debug']);
  });

  it('says what to set when no platform is configured at all', () => {
    const result = load({ env: {} });
    expect(result.ok ? [] : result.faults.map(({ key, where }) => [key, where])).toEqual([
      ['PARROT_APP_ID', 'Perch > Basics'],
      ['PARROT_APP_SECRET', 'Perch > Credentials'],
    ]);
  });

  it('names what is missing of a platform that is partly given, counting blank as missing', () => {
    expect(faultyKeys({ PARROT_APP_SECRET: ' ' })).toEqual(['PARROT_APP_SECRET']);
  });

  it('lists all faults at once, each with what was expected and the line for .env', () => {
    const result = load({ env: { PARROT_APP_ID: 'id_1', PORT: '70000', QWEN_BASE_URL: 'localhost' } });
    if (result.ok) throw new Error('should not start');
    expect(formatFaults(result.faults)).toBe(`Cannot start: 3 settings need attention.

PARROT_APP_SECRET
  expected  the app secret
  find it   Perch > Credentials
  in .env   PARROT_APP_SECRET=…

QWEN_BASE_URL
  expected  http://host:port/v1 or https://…
  in .env   QWEN_BASE_URL=http://127.0.0.1:8000/v1

PORT
  expected  a whole number from 0 to 65535, digits only
  in .env   PORT=3000
`);
  });
});

describe('keys given as files', () => {
  const readFile = (path: string): string => {
    if (path === '/run/secret') return 'from-a-file\n';
    throw Object.assign(new Error(path), { code: 'EACCES' });
  };

  it('reads NAME_FILE without its trailing newline', () => {
    const { config } = loaded({ METRICS_TOKEN_FILE: '/run/secret' }, { readFile });
    expect(config.http.metricsToken).toBe('from-a-file');
  });

  it('names the key of a file that cannot be read, but not what it holds', () => {
    const result = load({ env: { ...PARROT, METRICS_TOKEN_FILE: 'the-token-itself' }, readFile });
    const text = result.ok ? '' : formatFaults(result.faults);
    expect(text).toContain('METRICS_TOKEN_FILE');
    expect(text).toContain('EACCES');
    expect(text).not.toContain('the-token-itself');
  });

  it('refuses a key and its file side by side, but lets the environment win over .env', () => {
    const both = { METRICS_TOKEN: 'directly', METRICS_TOKEN_FILE: '/run/secret' };
    expect(faultyKeys(both, { readFile })).toEqual(['METRICS_TOKEN']);
    const dotenv = 'METRICS_TOKEN=from-dotenv';
    expect(loaded({ METRICS_TOKEN_FILE: '/run/secret' }, { readFile, dotenv }).config.http.metricsToken).toBe(
      'from-a-file',
    );
  });
});

describe('malformed values', () => {
  it.each([
    ['QWEN_BASE_URL', 'ftp://model:8000'],
    ['QWEN_BASE_URL', 'http://a:8000,not a url'],
    ['QWEN_BASE_URL', 'http:///v1'],
    ['QWEN_BASE_URL', 'http://user:pass@model/v1'],
    ['QWEN_BASE_URL', 'http://model/v1?x=1'],
    ['QWEN_BASE_URL', 'http://model:99999/v1'],
    ['QWEN_BASE_URL', ','],
    ['QWEN_API_KEY', 'ключ'],
    ['QWEN_VISION_BASE_URL', 'model:8000'],
    ['QWEN_EXTRA_HEADERS', '{"X-Team":1}'],
    ['QWEN_EXTRA_HEADERS', '{"X Team":"a"}'],
    ['QWEN_EXTRA_HEADERS', '{"X-Team":"a\\r\\nHost: b"}'],
    ['QWEN_EXTRA_HEADERS', '{"Content-Length":"3"}'],
    ['QWEN_EXTRA_BODY', '{"top_k":'],
    ['QWEN_EXTRA_BODY', '[1]'],
    ['QWEN_FIRST_TOKEN_TIMEOUT_MS', '60s'],
    ['QWEN_IDLE_TIMEOUT_MS', '-1'],
    ['QWEN_MAX_CONCURRENCY', '0'],
    ['QWEN_MAX_CONCURRENCY', 'sixteen'],
    ['QWEN_MAX_CONCURRENCY', '8,4'],
    ['QWEN_PROXY', 'proxy:3128'],
    ['HTTPS_PROXY', 'socks5://proxy:1080'],
    ['ADMINS', 'ou_1'],
    ['ADMINS', 'lark:ou_1'],
    ['ADMINS', 'parrot:'],
    ['ADMINS', 'parrot:chat:c1'],
    ['ADMINS', 'parrot:a，parrot:b'],
    ['ALLOW', 'parrot:chat:'],
    ['ALLOW', 'Parrot:p1'],
    ['MEDIA_HOSTS', 'http://files.example.com'],
    ['MEDIA_HOSTS', 'files.example.com/path'],
    ['MEDIA_HOSTS', 'files.example.com:99999'],
    ['GROUP_CONTEXT', 'everyone'],
    ['HOST', 'http://0.0.0.0'],
    ['HOST', '0.0.0.0:3000'],
    ['PORT', '3000.5'],
    ['PORT', '0x10'],
    ['SHUTDOWN_GRACE_MS', '8 s'],
    ['DATABASE_URL', 'mysql://db/x'],
    ['DATABASE_URL', 'postgres://db.example.com'],
    ['DATABASE_URL', 'postgres:///bridge'],
    ['DATABASE_URL', 'postgres://bridge:p@ss/w#rd@db.example.com/bridge'],
    ['DATABASE_URL', 'postgres://db.example.com/bridge?sslmode=maybe'],
    ['DATABASE_URL', 'postgres://db.example.com/bridge?sslrootcert=/no/such/file.pem'],
    ['LOG_LEVEL', 'verbose'],
    ['LOCALE', 'fr'],
    ['TIME_ZONE', 'Beijing'],
    ['RETENTION_DAYS', '0'],
    ['MEDIA_RETENTION_HOURS', 'abc'],
    ['MAX_MESSAGE_AGE_MS', '1e9'],
    ['HEALTH_INTERVAL_MS', ''.padEnd(20, '9')],
    ['HEALTH_SLOW_MS', '2,000'],
    ['HEALTH_FAILURES', '三'],
    ['QUIET_HOURS', '22:00'],
    ['QUIET_HOURS', '25:00-07:30'],
    ['QUIET_HOURS', '07:30-07:30'],
    ['QUIET_HOURS', '22:00-07:30-09:00'],
  ])('refuses %s=%s by its name and without quoting it', (key, value) => {
    const result = load({ env: { ...PARROT, [key]: value } });
    if (result.ok) throw new Error('should not start');
    expect(new Set(result.faults.map((fault) => fault.key))).toEqual(new Set([key]));
    if (value.length > 5) expect(result.faults.map(({ expected }) => expected).join()).not.toContain(value);
  });
});

describe('the model servers', () => {
  it('gives each of several URLs its own key', () => {
    const { config } = loaded({
      QWEN_BASE_URL: 'http://a:8000/v1/, https://b',
      QWEN_API_KEY: 'key-a,key-b',
      QWEN_MODEL: 'Qwen3-32B',
    });
    expect(config.model.servers).toEqual([
      { baseUrl: 'http://a:8000/v1', apiKey: 'key-a', model: 'Qwen3-32B' },
      { baseUrl: 'https://b', apiKey: 'key-b', model: 'Qwen3-32B' },
    ]);
  });

  it('takes a key for a single server whole and refuses a wrong number of keys for several', () => {
    const single = loaded({ QWEN_API_KEY: 'with,comma' }).config.model.servers;
    expect(single).toEqual([{ baseUrl: 'http://127.0.0.1:8000/v1', apiKey: 'with,comma', model: 'auto' }]);
    expect(faultyKeys({ QWEN_BASE_URL: 'http://a,http://b', QWEN_API_KEY: 'one' })).toEqual(['QWEN_API_KEY']);
  });

  it('lets so many run at once everywhere, or on each of several URLs, and measures where nothing is written', () => {
    const limits = (value: string, urls = 'http://a,http://b,http://c') => {
      const { servers, maxConcurrency } = loaded({ QWEN_BASE_URL: urls, QWEN_MAX_CONCURRENCY: value }).config
        .model;
      return [maxConcurrency, ...servers.map((server) => server.maxConcurrency)];
    };
    expect(limits('8')).toEqual([8, undefined, undefined, undefined]);
    expect(limits('8, ,2')).toEqual([undefined, 8, undefined, 2]);
    expect(limits('4', 'http://a')).toEqual([4, undefined]);
  });

  it('sends pictures elsewhere only with what was given for there', () => {
    const main = { QWEN_API_KEY: 'main-key' };
    expect(loaded({ ...main, QWEN_VISION_BASE_URL: 'http://v' }).config.model.vision).toEqual({
      baseUrl: 'http://v',
      model: 'auto',
    });
    expect(loaded({ ...main, QWEN_VISION_MODEL: 'Qwen3-VL' }).config.model.vision).toEqual({
      baseUrl: 'http://127.0.0.1:8000/v1',
      apiKey: 'main-key',
      model: 'Qwen3-VL',
    });
    expect(faultyKeys({ QWEN_VISION_API_KEY: 'nowhere-to-go' })).toEqual(['QWEN_VISION_BASE_URL']);
  });
});

describe('access', () => {
  it('reads people and chats, with colons inside their ids', () => {
    const { access } = loaded({
      ADMINS: 'parrot:p1, parrot:$:LWCP_v1:$x==,',
      ALLOW: 'parrot:p2,parrot:chat:wr:1',
    }).config;
    expect(access).toEqual({
      admins: [
        { platform: 'parrot', id: 'p1' },
        { platform: 'parrot', id: '$:LWCP_v1:$x==' },
      ],
      allow: [
        { kind: 'person', platform: 'parrot', id: 'p2' },
        { kind: 'chat', platform: 'parrot', id: 'wr:1' },
      ],
    });
  });

  it('takes an empty ALLOW for nobody, also over a filled one in .env, and an absent one for everyone', () => {
    expect(loaded({ ALLOW: '' }, { dotenv: 'ALLOW=parrot:p1' }).config.access.allow).toEqual([]);
    expect(loaded({}, { dotenv: 'ALLOW=\n' }).config.access.allow).toEqual([]);
    expect(loaded({}).config.access.allow).toBeUndefined();
  });
});

describe('the database', () => {
  it.each([
    'postgres://bridge:p%40ss@db.example.com:5432/bridge',
    'postgresql://bridge@10.0.0.5/bridge?sslmode=verify-full&application_name=bot',
    'postgres:///bridge?host=/run/postgresql',
  ])('may be %s', (url) => {
    expect(loaded({ DATABASE_URL: url }).config.database).toEqual({ url });
  });

  it('is the embedded one by default', () => {
    expect(loaded({}).config.database).toBeUndefined();
  });
});

describe('secrets', () => {
  it('are those of the core and of every platform', () => {
    const { config, plans } = loaded({
      QWEN_BASE_URL: 'http://a,http://b',
      QWEN_API_KEY: 'key-a,key-b',
      QWEN_EXTRA_HEADERS: '{"X-Gateway-Auth":"gate","X-Team":"blue"}',
      METRICS_TOKEN: 'metrics!',
      HTTPS_PROXY: 'http://me:p%40ss@proxy:3128',
      DATABASE_URL: 'postgres://me:w%2Frd@db.example.com/bridge',
    });
    expect(new Set(secrets(config, plans))).toEqual(
      new Set([
        'key-a',
        'key-b',
        'gate',
        'metrics!',
        'p%40ss',
        'p@ss',
        'w%2Frd',
        'w/rd',
        PARROT.PARROT_APP_SECRET,
      ]),
    );
  });
});
