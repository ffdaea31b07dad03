import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { defaultDownloadLimits, readCapped, type DownloadLimits } from '../../../src/media/download.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const limits: DownloadLimits = { maxBytes: 1000, idleTimeoutMs: 5_000, totalTimeoutMs: 20_000 };
const never = new AbortController().signal;

async function* pieces(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size).fill(size % 251);
}

async function* bytewise(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield Uint8Array.of(7);
}

/** Gives pieces as they are pushed, and notes when it is left. */
function hand() {
  const waiting: ((result: IteratorResult<Uint8Array>) => void)[] = [];
  const state = { left: false, asked: 0 };
  const stream: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        state.asked += 1;
        return new Promise((resolve) => waiting.push(resolve));
      },
      return: async () => {
        state.left = true;
        return { done: true, value: undefined };
      },
    }),
  };
  return {
    stream,
    state,
    push: (size: number) => waiting.shift()?.({ done: false, value: new Uint8Array(size) }),
  };
}

describe('a body within the cap', () => {
  it('is read whole and in order', async () => {
    const download = await readCapped({ stream: pieces(300, 400, 300) }, limits, systemClock, never);
    expect(download).toEqual({
      ok: true,
      bytes: Uint8Array.from([
        ...Array<number>(300).fill(49),
        ...Array<number>(400).fill(149),
        ...Array<number>(300).fill(49),
      ]),
    });
  });

  it('is read whole when it comes byte by byte and outgrows the first buffer', async () => {
    const stream = bytewise(200_000);
    const download = await readCapped({ stream }, { ...limits, maxBytes: 300_000 }, createFakeClock(), never);
    expect(download).toMatchObject({ ok: true, bytes: { byteLength: 200_000 } });
  });

  it('may be empty: the header check refuses it later', async () => {
    expect(await readCapped({ stream: pieces() }, limits, systemClock, never)).toMatchObject({
      ok: true,
      bytes: { byteLength: 0 },
    });
  });
});

describe('a body over the cap', () => {
  it('is refused unread when it says so itself', async () => {
    const { stream, state } = hand();
    const download = await readCapped({ stream, declaredBytes: 1001 }, limits, systemClock, never);
    expect(download).toEqual({ ok: false, code: 'too-many-bytes', reason: 'declared' });
    expect(state).toEqual({ left: true, asked: 0 });
  });

  it('is left at the cap when it declared less or nothing', async () => {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(400));
      },
    });
    const download = await readCapped({ stream: endless, declaredBytes: 10 }, limits, systemClock, never);
    expect(download).toEqual({ ok: false, code: 'too-many-bytes', reason: 'counted' });
    expect(endless.destroyed).toBe(true);
  });
});

describe('a body that does not end', () => {
  it('is given up after the longest silence', async () => {
    const clock = createFakeClock();
    const { stream, state, push } = hand();
    const download = readCapped({ stream }, limits, clock, never);
    push(1);
    await clock.advance(4_999);
    push(1);
    await clock.advance(5_000);
    expect(await download).toEqual({ ok: false, code: 'download-failed', reason: 'idle' });
    expect(state.left).toBe(true);
    expect(clock.sleeping()).toBe(0);
  });

  it('is given up after the whole time even though it drips', async () => {
    const clock = createFakeClock();
    const { stream, push } = hand();
    const download = readCapped({ stream }, limits, clock, never);
    for (let second = 0; second < 20; second += 1) {
      push(1);
      await clock.advance(1_000);
    }
    expect(await download).toEqual({ ok: false, code: 'download-failed', reason: 'slow' });
  });

  it('ends at once when it is aborted', async () => {
    const stopping = new AbortController();
    const { stream, state } = hand();
    const download = readCapped({ stream }, limits, createFakeClock(), stopping.signal);
    stopping.abort();
    expect(await download).toEqual({ ok: false, code: 'download-failed', reason: 'aborted' });
    expect(state.left).toBe(true);
  });

  it('is closed though a generator would wait for the next piece first', async () => {
    const silent = new Readable({ read: () => undefined });
    const clock = createFakeClock();
    const download = readCapped({ stream: silent }, limits, clock, never);
    await clock.advance(5_000);
    expect(await download).toMatchObject({ reason: 'idle' });
    expect(silent.destroyed).toBe(true);
  });
});

it('gives a broken connection a code and no words', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': '500' });
    response.write(Buffer.alloc(100), () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const { body } = await request(`http://127.0.0.1:${port}/picture?token=secret`);
    const download = await readCapped({ stream: body }, defaultDownloadLimits, systemClock, never);
    expect(download).toEqual({ ok: false, code: 'download-failed', reason: 'broken' });
  } finally {
    server.close();
  }
});
