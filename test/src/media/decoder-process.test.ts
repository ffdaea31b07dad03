import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { ImagePreparerOptions } from '../../../src/media/decoder-process.ts';
import { createDecoderWorker } from '../../../src/media/decoder-worker.ts';
import type { ImagePreparer } from '../../../src/media/types.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { faults } from './children/faults.ts';
import { bombPng, plain, red } from './pictures.ts';
import { faultOf, imagesOf, keepLog, never, startPreparer } from './preparer.ts';

const script = new URL('./children/faulty-child.ts', import.meta.url);
const pictureThat = (fault: keyof typeof faults): Buffer => bombPng(faults[fault], 40);
const good = pictureThat('none');

const running: ImagePreparer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((preparer) => preparer.stop()));
});

function start(options: Partial<ImagePreparerOptions> = {}) {
  const started = startPreparer({ script, ...options });
  running.push(started.preparer);
  return started;
}

type Witness = { readonly pid: number; readonly env: Record<string, string>; readonly cwd: string };

/** What the child that answered said about itself. */
async function witness(preparer: ImagePreparer): Promise<Witness> {
  const [image] = await imagesOf(preparer, good);
  return JSON.parse(Buffer.from(image!.bytes).toString('utf8')) as Witness;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await sleep(5);
}

describe('a picture that is too much for the decoder', () => {
  it.each(['abort', 'exit', 'nonsense', 'tooMany'] as const)('fails alone: %s', async (fault) => {
    const { preparer, lines } = start();
    const { pid } = await witness(preparer);
    expect(await faultOf(preparer, pictureThat(fault))).toBe('decoder-failed');
    expect(lines).toHaveLength(1);
    const next = await witness(preparer);
    expect(next.pid).not.toBe(pid);
    await until(() => !isAlive(pid));
  });

  it.each(['spin', 'hang'] as const)(
    'is given up at the time cap and its process killed: %s',
    async (fault) => {
      const clock = createFakeClock();
      const { preparer, lines } = start({ clock, timeCapMs: 10_000 });
      const { pid } = await witness(preparer);
      const outcome = preparer.prepare(pictureThat(fault), 8, never);
      let over = false;
      void outcome.then(() => (over = true));
      await clock.advance(9_999);
      expect(over).toBe(false);
      await clock.advance(1);
      expect(await outcome).toEqual({ ok: false, code: 'decoder-failed' });
      expect(lines).toMatchObject([{ reason: 'timeout', format: 'png' }]);
      await until(() => !isAlive(pid));
      expect((await witness(preparer)).pid).not.toBe(pid);
    },
  );

  it('ends itself at the memory cap, and the next picture is read', async () => {
    // Our own child with sharp loaded holds some 75 MB; this picture, interlaced, must stand in memory whole.
    const large = await plain(7000, 7000, red).png({ progressive: true }).toBuffer();
    const { preparer, lines } = startPreparer({ memoryCapBytes: 160 * 1024 * 1024 });
    running.push(preparer);
    expect(await faultOf(preparer, large)).toBe('decoder-failed');
    expect(lines).toMatchObject([{ reason: 'exited', signalCode: 'SIGKILL' }]);
    expect(await faultOf(preparer, await plain(64, 64, red).png().toBuffer())).toBeUndefined();
  });

  it('fails alone when its process is killed from outside', async () => {
    const { preparer, lines } = start();
    const { pid } = await witness(preparer);
    const outcome = preparer.prepare(pictureThat('hang'), 8, never);
    process.kill(pid, 'SIGKILL');
    expect(await outcome).toEqual({ ok: false, code: 'decoder-failed' });
    expect(lines).toMatchObject([{ reason: 'exited', signalCode: 'SIGKILL' }]);
    expect((await witness(preparer)).pid).not.toBe(pid);
  });
});

describe('the process', () => {
  it('holds none of our environment', async () => {
    process.env['MEDIA_TEST_SECRET'] = 'hush';
    try {
      const { env } = await witness(start().preparer);
      expect(Object.keys(env).filter((key) => !key.startsWith('NODE_CHANNEL'))).toEqual([]);
    } finally {
      delete process.env['MEDIA_TEST_SECRET'];
    }
  });

  it('is one for many pictures, ends when idle and comes back with the next picture', async () => {
    const clock = createFakeClock();
    const { preparer } = start({ clock, idleMs: 30_000 });
    const { pid } = await witness(preparer);
    for (const waitMs of [29_000, 29_000]) {
      await clock.advance(waitMs);
      expect((await witness(preparer)).pid).toBe(pid);
    }
    await clock.advance(30_000);
    await until(() => !isAlive(pid));
    expect((await witness(preparer)).pid).not.toBe(pid);
  });

  it('is gone when stop resolves, also in the middle of a picture; later pictures are refused', async () => {
    const { preparer, lines } = start();
    const { pid } = await witness(preparer);
    const outcomes = [pictureThat('hang'), good].map((picture) => preparer.prepare(picture, 8, never));
    await preparer.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await Promise.all(outcomes)).toEqual([failed, failed]);
    expect(await preparer.prepare(good, 8, never)).toEqual(failed);
    expect(lines).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('ends when its parent is gone', async () => {
    const parent = execFile(process.execPath, [
      fileURLToPath(new URL('./children/holds-on.ts', import.meta.url)),
    ]);
    const [child] = await new Promise<string[]>((resolve) => {
      parent.stdout?.once('data', (pid: string) => resolve(pid.trim().split('\n')));
    });
    expect(isAlive(Number(child))).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(Number(child)));
  });

  it('works from any directory and lets its parent end after stop', async () => {
    const picture = (await plain(64, 96, red).png().toBuffer()).toString('base64');
    const parent = fileURLToPath(new URL('./children/short-life.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [parent, picture], { cwd: '/', env: {} });
    expect(JSON.parse(stdout)).toEqual([{ width: 64, height: 96 }]);
  });
});

const failed = { ok: false, code: 'decoder-failed' };

describe('several pictures at once', () => {
  it('are read one after another by one process', async () => {
    const { preparer } = start();
    const pids = await Promise.all([1, 2, 3, 4].map(() => witness(preparer).then(({ pid }) => pid)));
    expect(new Set(pids).size).toBe(1);
  });

  it('are shared out when there are two', async () => {
    const { preparer } = start({ processes: 2 });
    const hanging = new AbortController();
    const outcome = preparer.prepare(pictureThat('hang'), 8, hanging.signal);
    expect((await witness(preparer)).pid).toBeGreaterThan(0);
    hanging.abort();
    expect(await outcome).toEqual(failed);
  });

  it('are refused when too many wait, or too many bytes', async () => {
    for (const bound of [{ maxWaiting: 1 }, { maxWaitingBytes: good.byteLength }]) {
      const { preparer, lines } = start(bound);
      const first = preparer.prepare(good, 8, never);
      const second = preparer.prepare(good, 8, never);
      expect(await preparer.prepare(good, 8, never)).toEqual(failed);
      expect(lines).toHaveLength(1);
      expect([(await first).ok, (await second).ok]).toEqual([true, true]);
    }
  });

  it('can be dropped while they wait and while they are read, without holding up the others', async () => {
    const { preparer, lines } = start();
    const { pid } = await witness(preparer);
    const [reading, waiting] = [new AbortController(), new AbortController()];
    const first = preparer.prepare(pictureThat('hang'), 8, reading.signal);
    const second = preparer.prepare(good, 8, waiting.signal);
    const third = witness(preparer);
    waiting.abort();
    expect(await second).toEqual(failed);
    reading.abort();
    expect(await first).toEqual(failed);
    expect((await third).pid).not.toBe(pid);
    expect(lines).toEqual([]);
    expect(await preparer.prepare(good, 8, AbortSignal.abort())).toEqual(failed);
  });
});

it('has no loader for SVG even if its bytes came through under another name', async () => {
  const { lines, log } = keepLog();
  const worker = createDecoderWorker({
    script: new URL('../../../src/media/decoder-child.ts', import.meta.url),
    timeCapMs: 40_000,
    memoryCapBytes: 512 * 1024 * 1024,
    idleMs: 1000,
    clock: systemClock,
    log,
  });
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>');
  const limits = { maxPixels: 1_000_000, maxImages: 8 };
  expect(await worker.run({ bytes: svg, format: 'png', ...limits }, never)).toEqual({
    ok: false,
    code: 'corrupt',
  });
  expect(await worker.run({ bytes: bombPng(64, 64), format: 'png', ...limits }, never)).toMatchObject({
    ok: true,
  });
  // The header check stands before it, but the decoder counts for itself.
  expect(await worker.run({ bytes: bombPng(1001, 1000), format: 'png', ...limits }, never)).toMatchObject({
    ok: false,
  });
  await worker.stop();
  expect(lines).toEqual([]);
});
