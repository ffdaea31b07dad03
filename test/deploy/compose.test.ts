import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { adapterFactories } from '../../adapters/index.ts';
import { knownKeys, loadConfig } from '../../src/config.ts';
import { maxImagesPerMessage } from '../../src/core/pictures.ts';
import { readImageSettings, repository } from './dockerfile.ts';

type Mount = { source: string; target: string; read_only?: boolean; bind?: { create_host_path?: boolean } };
type Service = {
  image: string;
  build?: string;
  command?: string[];
  profiles?: string[];
  environment: Record<string, string>;
  volumes: (string | Mount)[];
  secrets?: string[];
  ports?: string[];
  restart: string;
  stop_grace_period: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt: string[];
  tmpfs?: string[];
  healthcheck?: { test: string[] };
  logging: { driver: string; options: Record<string, string> };
  deploy?: { resources: { reservations: { devices: { driver: string; capabilities: string[] }[] } } };
};
type Compose = {
  services: Record<'bot' | 'qwen' | 'postgres', Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};

const text = readFileSync(join(repository, 'compose.yaml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const { bot, qwen, postgres } = compose.services;
const guide = readFileSync(join(repository, 'docs/deployment.md'), 'utf8');
/** What `.env` may hold for compose itself, with its default. */
const variables = [...text.matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)].map(([, name = '', value = '']) => ({
  name,
  value,
}));

const seconds = (duration: string): number => Number(/^(\d+)s$/.exec(duration)?.[1]);
const mounts = bot.volumes.filter((volume) => typeof volume !== 'string');

function loadWith(dotenv: string) {
  return loadConfig({
    env: Object.fromEntries(Object.entries(bot.environment).map(([key, value]) => [key, filledIn(value)])),
    dotenv: `FEISHU_APP_ID=cli_0123456789abcdef\nFEISHU_APP_SECRET=secret-of-the-app\n${dotenv}`,
    readFile: () => 'postgres://bridge:word@postgres:5432/bridge',
    factories: adapterFactories,
  });
}

function filledIn(value: string): string {
  return value.replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1');
}

describe('compose.yaml: the bot', () => {
  it('is started with keys the service knows, and with a sound configuration', () => {
    const known = new Set(knownKeys(adapterFactories));
    expect(Object.keys(bot.environment).filter((key) => !known.has(key))).toEqual([]);
    const loaded = loadWith('');
    expect(loaded.ok ? [] : loaded.faults).toEqual([]);
    expect(loaded.ok && loaded.config.http.host).toBe('0.0.0.0');
  });

  it('asks the model server of the same file, where it listens', () => {
    const port = qwen.command?.find((flag) => flag.startsWith('--port='))?.slice('--port='.length);
    expect(filledIn(bot.environment['QWEN_BASE_URL'] ?? '')).toBe(`http://qwen:${port}/v1`);
    expect(qwen.command).toContain('--host=0.0.0.0');
    expect(qwen.healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${port}/health`);
  });

  it('has longer to stop than the service takes', () => {
    const loaded = loadWith('');
    expect(seconds(bot.stop_grace_period) * 1000).toBeGreaterThan(
      (loaded.ok ? loaded.config.shutdownGraceMs : Infinity) + 5_000,
    );
  });

  it('can write to nothing but its state and an own /tmp, and has no privileges', () => {
    expect(bot).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(bot.volumes[0]).toBe(`bot-data:${readImageSettings().volume}`);
    expect(bot.tmpfs?.[0]).toMatch(/^\/tmp:size=\d+m,.*noexec/);
    expect(mounts.map(({ read_only }) => read_only)).toEqual(mounts.map(() => true));
  });

  it('is given files that are there, or are missed before it starts', () => {
    for (const { source, bind } of mounts)
      expect([source, existsSync(join(repository, source)) || bind?.create_host_path === false]).toEqual([
        source,
        true,
      ]);
    expect(readFileSync(join(repository, 'deploy/secrets/.gitignore'), 'utf8')).toMatch(/^\*$/m);
  });

  it('is published for this machine only, at the port it listens on', () => {
    expect(bot.ports).toEqual([`127.0.0.1:\${PUBLISHED_PORTS:-3000}:${readImageSettings().port}`]);
    expect([qwen.ports, postgres.ports]).toEqual([undefined, undefined]);
  });

  it('shares PostgreSQL under the name and the secret of the same file', () => {
    expect(postgres.profiles).toEqual(['postgres']);
    expect([qwen.profiles, bot.profiles]).toEqual([undefined, undefined]);
    const [, user = '', host = '', database = ''] =
      /postgres:\/\/(\w+):[^@]*@(\w+):5432\/(\w+)/.exec(guide) ?? [];
    expect([user, host, database]).toEqual([
      postgres.environment['POSTGRES_USER'],
      'postgres',
      postgres.environment['POSTGRES_DB'],
    ]);
    const [secret = ''] = postgres.secrets ?? [];
    expect(postgres.environment['POSTGRES_PASSWORD_FILE']).toBe(`/run/secrets/${secret}`);
    expect(guide).toContain(compose.secrets[secret]?.file.replace('./', ''));
    const loaded = loadWith('DATABASE_URL_FILE=/run/secrets/database_url');
    expect(loaded.ok && loaded.config.database?.url).toMatch(/^postgres:/);
  });
});

describe('compose.yaml: the model server', () => {
  it('takes as many pictures as the bot sends with one request', () => {
    const limit =
      qwen.command?.find((flag) => flag.startsWith('--limit-mm-per-prompt='))?.split('=')[1] ?? '{}';
    const { image, video } = JSON.parse(limit) as { image: number; video: number };
    // Those of the question and as many of earlier ones.
    expect(image).toBeGreaterThanOrEqual(2 * maxImagesPerMessage);
    expect(video).toBe(0);
  });

  it('is given the GPU and a place for its weights', () => {
    expect(qwen.deploy?.resources.reservations.devices).toEqual([
      expect.objectContaining({ driver: 'nvidia', capabilities: ['gpu'] }),
    ]);
    expect(Object.keys(compose.volumes)).toEqual(['bot-data', 'qwen-models', 'postgres-data']);
  });
});

describe('compose.yaml: every service', () => {
  it('starts again by itself, writes logs that do not grow for ever, gains no privileges, and is checked', () => {
    for (const service of Object.values(compose.services)) {
      expect(service).toMatchObject({
        restart: 'unless-stopped',
        logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
      });
      expect(service.security_opt).toContain('no-new-privileges:true');
      expect(service.build !== undefined || service.healthcheck !== undefined).toBe(true);
    }
  });

  it('names images by their version', () => {
    for (const image of [qwen.image, postgres.image]) expect(filledIn(image)).toMatch(/:v?\d/);
  });
});

describe('compose.yaml: its own variables', () => {
  it('are all in the guide', () => {
    expect(variables.length).toBeGreaterThan(5);
    const missing = variables.filter(({ name }) => !guide.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  it('can stand in .env beside those of the service without being taken for misspelt ones', () => {
    const own = variables.filter(({ name }) => name !== 'QWEN_BASE_URL');
    const loaded = loadWith(own.map(({ name, value }) => `${name}=${value}`).join('\n'));
    expect(loaded.ok ? [] : loaded.faults).toEqual([]);
  });
});
