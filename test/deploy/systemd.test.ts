import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapterFactories } from '../../adapters/index.ts';
import { loadConfig } from '../../src/config.ts';
import { repository } from './dockerfile.ts';

const folder = join(repository, 'deploy/systemd');
const files = readdirSync(folder);
const guide = readFileSync(join(repository, 'docs/deployment.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  scripts: { start: string };
};

/** All values a unit gives a key, in order. */
function valuesOf(file: string, key: string): readonly string[] {
  return readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
}

const service = 'qwen-chat-bridge.service';
const backup = 'qwen-chat-bridge-backup.service';
const installed = '/opt/qwen-chat-bridge';

describe('the systemd units', () => {
  it('start what npm start starts, with the Node of the packages', () => {
    const [, ...words] = manifest.scripts.start.replace('src/', `${installed}/src/`).split(' ');
    expect(valuesOf(service, 'ExecStart')).toEqual([
      [`${installed}/node_modules/.bin/${words[0]}`, ...words.slice(1)].join(' '),
    ]);
    expect(valuesOf(backup, 'ExecStart')[0]).toMatch(/src\/start\.js backup backups\/$/);
  });

  it('start again after every end but a fault in the configuration, and never give up', () => {
    expect(valuesOf(service, 'Restart')).toEqual(['always']);
    expect(valuesOf(service, 'RestartPreventExitStatus')).toEqual(['78']);
    expect(valuesOf(service, 'StartLimitIntervalSec')).toEqual(['0']);
  });

  it('leave the service longer to stop than it takes', () => {
    const loaded = loadConfig({
      env: { FEISHU_APP_ID: 'cli_0123456789abcdef', FEISHU_APP_SECRET: 'secret-of-the-app' },
      readFile: () => '',
      factories: adapterFactories,
    });
    const grace = loaded.ok ? loaded.config.shutdownGraceMs : Infinity;
    expect(Number(valuesOf(service, 'TimeoutStopSec')[0]) * 1000).toBeGreaterThan(grace + 5_000);
  });

  it('let V8 compile', () => {
    for (const file of files) expect(valuesOf(file, 'MemoryDenyWriteExecute')).toEqual([]);
  });

  it('back up the folder the service works in, as its user, without a network', () => {
    for (const key of ['User', 'StateDirectory', 'WorkingDirectory', 'EnvironmentFile'])
      expect(valuesOf(backup, key)).toEqual(valuesOf(service, key));
    expect(valuesOf(backup, 'PrivateNetwork')).toEqual(['yes']);
    expect(valuesOf('qwen-chat-bridge-backup.timer', 'Persistent')).toEqual(['true']);
  });

  it('use places and a user that the guide tells to make', () => {
    for (const name of [installed, '/etc/qwen-chat-bridge/environment', ...files])
      expect(guide).toContain(name);
    expect(guide).toMatch(/useradd .*qwen-chat-bridge/);
  });
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe.skipIf(!hasSystemd)('systemd', () => {
  it('finds no fault in the units and little that an intruder could do', () => {
    const copies = mkdtempSync(join(tmpdir(), 'bridge-units-'));
    try {
      for (const file of files) {
        const unit = readFileSync(join(folder, file), 'utf8').replaceAll(installed, repository);
        writeFileSync(join(copies, file), unit);
      }
      const paths = files.map((file) => join(copies, file));
      const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
      expect(verified.stderr).toBe('');
      expect(verified.status).toBe(0);
      // 10 is everything, 0 nothing; the threshold counts tenths.
      const secure = ['security', '--offline=true', '--threshold=20', join(copies, service)];
      expect(spawnSync('systemd-analyze', secure).status).toBe(0);
    } finally {
      rmSync(copies, { recursive: true, force: true });
    }
  });
});
