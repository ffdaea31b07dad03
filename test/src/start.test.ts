import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;

// The entry with another `main`, so that only the entry's own doing is seen.
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'start-'));
  mkdirSync(join(directory, 'src'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  copyFileSync(join(import.meta.dirname, '../../src/start.js'), join(directory, 'src/start.js'));
  writeFileSync(
    join(directory, 'src/main.ts'),
    `import module from 'node:module';
    export async function main(argv: string[]): Promise<void> {
      process.stdout.write(JSON.stringify({ argv, cache: module.getCompileCacheDir() ?? null }));
    }`,
  );
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function run({
  env = {},
  flags = [],
  args = [],
}: {
  env?: Record<string, string>;
  flags?: string[];
  args?: string[];
}) {
  const child = spawn(process.execPath, [...flags, join(directory, 'src/start.js'), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, error] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, error };
}

describe('the entry', () => {
  it('hands the arguments to main, with a compile cache beside the packages', async () => {
    const { code, out } = await run({ args: ['doctor'] });
    expect(code).toBe(0);
    const { argv, cache } = JSON.parse(out);
    expect(argv).toEqual(['doctor']);
    expect(cache).toContain(join(directory, 'node_modules/.cache/compile'));
  });

  it('asks for a newer Node in one sentence and ends with 78', async () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;
    const { code, out, error } = await run({
      flags: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
    });
    expect([code, out]).toEqual([78, '']);
    expect(error).toMatch(/^qwen-chat-bridge needs Node 24 or later, this is 20\.20\.2: .*\n$/);
  });

  it('refuses to run without checking certificates', async () => {
    const { code, out, error } = await run({ env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
    expect([code, out]).toEqual([78, '']);
    expect(error).toContain('NODE_EXTRA_CA_CERTS');
  });
});
