import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireDataLock } from '../../src/data-lock.ts';

const NOW = new Date('2026-11-20T08:00:00Z');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'data-lock-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('the lock on the data folder', () => {
  it('is refused to a second one with words that say who holds it, until it is released', () => {
    const first = acquireDataLock(join(directory, 'data'), NOW);
    if (!first.held) throw new Error(first.reason);
    const second = acquireDataLock(join(directory, 'data'), NOW);
    expect(second.held ? '' : second.reason).toContain(`pid ${process.pid}`);
    expect(second.held ? '' : second.reason).toContain('steal each other’s events');
    first.release();
    first.release();
    const third = acquireDataLock(join(directory, 'data'), NOW);
    expect(third.held).toBe(true);
    if (third.held) third.release();
  });

  it('is refused while another process lives, and free as soon as that was killed', async () => {
    const holder = await startHolder(directory);
    const refused = acquireDataLock(directory, NOW);
    expect(refused.held ? '' : refused.reason).toContain(`pid ${holder.pid ?? ''} on`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const taken = acquireDataLock(directory, NOW);
    expect(taken.held).toBe(true);
    if (taken.held) taken.release();
  });

  it('does not depend on what is written about its holder', () => {
    const first = acquireDataLock(directory, NOW);
    writeFileSync(join(directory, 'lock.json'), 'torn');
    const second = acquireDataLock(directory, NOW);
    expect(second.held ? '' : second.reason).toMatch(/^Another process is already using/);
    if (first.held) first.release();
  });

  it('says so when the folder cannot be used', () => {
    writeFileSync(join(directory, 'file'), '');
    const refused = acquireDataLock(join(directory, 'file', 'data'), NOW);
    expect(refused.held ? '' : refused.reason).toContain('cannot be used (ENOTDIR)');
  });

  it.skipIf(process.getuid?.() === 0)('says so when the folder is read-only', () => {
    chmodSync(directory, 0o500);
    expect(acquireDataLock(directory, NOW).held).toBe(false);
    chmodSync(directory, 0o700);
  });
});

async function startHolder(path: string): Promise<ChildProcess> {
  const module = pathToFileURL(join(import.meta.dirname, '../../src/data-lock.ts')).href;
  const script = `
    const { acquireDataLock } = await import(${JSON.stringify(module)});
    globalThis.lock = acquireDataLock(${JSON.stringify(path)}, new Date());
    process.stdout.write(globalThis.lock.held ? 'held' : 'refused');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('held');
  return child;
}
