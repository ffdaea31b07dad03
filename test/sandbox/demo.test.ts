import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './test-support.ts';

const root = join(import.meta.dirname, '../..');
let temporary: string;

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'));
});
afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
});

function start(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary, DEMO_PORT: '0', QWEN_BASE_URL: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, out: () => out, errors: () => errors };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('npm run demo', () => {
  it('serves the page, and ends with 0 on SIGTERM without leaving a process or a file behind', async () => {
    const { child, ended, out, errors } = start('npm', ['run', 'demo']);
    const url = await until(`the address; ${errors()}`, () => /http:\/\/127\.0\.0\.1:\d+/.exec(out())?.[0]);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<script type="module" src="/main.js">');
    const changes = await fetch(`${url}/changes`);
    const text = await readUntil(changes, '"phase":"running"');
    const pid = Number(/"pid":(\d+)/.exec(text)?.[1]);
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(temporary).filter((name) => name.startsWith('qwen-chat-bridge'))).toEqual([]);
  });

  it('ends with 0 when it is asked to stop before it is ready', async () => {
    const { child, ended, out } = start(process.execPath, ['test/sandbox/start.js']);
    await until('a sign of life', () => out().includes('Starting the demo'));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(readdirSync(temporary).filter((name) => name.startsWith('qwen-chat-bridge'))).toEqual([]);
  });

  it('says which setting is wrong and ends with 78', async () => {
    const { ended, errors } = start(process.execPath, ['test/sandbox/start.js'], { DEMO_PORT: 'eighty' });
    expect(await ended).toBe(78);
    expect(errors()).toBe('DEMO_PORT: expected a port number from 0 to 65535\n');
  });

  it('asks for a newer Node in one sentence and ends with 78', async () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const { ended, errors } = start(process.execPath, [
      '--import',
      `data:text/javascript,${encodeURIComponent(pretend)}`,
      'test/sandbox/start.js',
    ]);
    expect(await ended).toBe(78);
    expect(errors()).toMatch(/^The demo needs Node 24 or later, this is 20\.20\.2: .*\n$/);
  });
});

async function readUntil(response: Response, words: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.includes(words)) return text;
  }
  throw new Error(`the stream ended without ${words}`);
}
