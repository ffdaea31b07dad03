import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'main-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function start(): ChildProcess {
  const entry = join(import.meta.dirname, '../../src/start.js');
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      PORT: String(20_000 + Math.floor(Math.random() * 20_000)),
      QWEN_BASE_URL: 'http://127.0.0.1:9',
      FEISHU_APP_ID: 'cli_0123456789abcdef',
      FEISHU_APP_SECRET: 'nothing-real',
      FEISHU_BASE_URL: 'http://127.0.0.1:9',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outcome(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly error: string }> {
  let error = '';
  child.stderr?.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, error };
}

describe('the service as a process', () => {
  it('ends with 78 when its database is newer than itself, so that nobody restarts it for ever', async () => {
    mkdirSync(join(directory, 'data'));
    const database = new DatabaseSync(join(directory, 'data/bridge.db'));
    database.exec(
      "create table meta (name text primary key, value text); insert into meta values ('schema', '999')",
    );
    database.close();
    const { code, error } = await outcome(start());
    expect(code).toBe(78);
    expect(error).toContain('newer version');
  });

  it('ends with 0 when it is asked to stop, also before it has started', async () => {
    for (const listenFor of ['the end of the start', 'the first line'] as const) {
      const child = start();
      const ended = outcome(child);
      await new Promise<void>((resolve) => {
        child.stdout?.on('data', (chunk: Buffer) => {
          if (listenFor === 'the first line' || chunk.toString().includes('"started"')) resolve();
        });
      });
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    }
  });

  it.skipIf(process.getuid?.() === 0)('says in one sentence that .env cannot be read', async () => {
    writeFileSync(join(directory, '.env'), 'LOG_LEVEL=info');
    chmodSync(join(directory, '.env'), 0o000);
    const { code, error } = await outcome(start());
    expect(code).toBe(78);
    expect(error).toContain('a file that this process can read (EACCES)');
  });
});
