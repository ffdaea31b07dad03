import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/log.ts';
import { MAX_WAITING_BYTES } from '../../src/log-sink.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import { createFakeClock } from '../fakes/clock.ts';

const SECRET = 'S3cr3t/with+"quotes"& 空格';

function collect(secrets: readonly string[] = [SECRET], level: 'trace' | 'info' = 'trace') {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const log = createLogger({ level, secrets, destination, clock: createFakeClock() });
  return {
    log,
    text: () => text,
    entries: () =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

describe('a log line', () => {
  it('is JSON with level, ISO time, fields and message', () => {
    const { log, entries } = collect();
    log.info({ eventKey: 'e1', durationMs: 12 }, 'turn ended');
    expect(entries()).toEqual([
      { level: 'info', time: '2026-11-20T08:00:00.000Z', eventKey: 'e1', durationMs: 12, msg: 'turn ended' },
    ]);
  });

  it('comes from the chosen level on, trace included', () => {
    const all = collect([], 'trace');
    all.log.trace({}, 'detail');
    expect(all.entries()).toMatchObject([{ level: 'trace', msg: 'detail' }]);
    const few = collect([], 'info');
    few.log.debug({}, 'detail');
    expect(few.text()).toBe('');
  });

  it('holds an error with its stack, its own fields and the chain of causes', () => {
    const { log, entries } = collect();
    const error = new AdapterError('unavailable', 'not sent', {
      cause: new TypeError('reset'),
      retryAfterMs: 5,
    });
    log.error({ error }, 'call failed');
    expect(entries()[0].error).toMatchObject({
      type: 'AdapterError',
      code: 'unavailable',
      retryAfterMs: 5,
      message: 'not sent',
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'TypeError', message: 'reset' },
    });
  });

  it('comes whatever is logged: cycles, throwing getters, bytes, odd values', () => {
    const { log, entries } = collect();
    const cycle: Record<string, unknown> = { name: 'loop' };
    cycle['self'] = cycle;
    const odd = {
      cycle,
      get bad(): string {
        throw new Error('no');
      },
      bytes: new Uint8Array(4000),
      big: 12n,
      when: new Date(0),
      never: new Date(Number.NaN),
      map: new Map([['a', 1]]),
      proxy: Object.create(null),
      long: 'x'.repeat(100_000),
      toJSON: () => 'replaced',
    };
    log.info(odd, 'odd');
    expect(entries()[0]).toMatchObject({
      bad: '[unreadable]',
      bytes: '[4000 bytes]',
      big: '12',
      map: [['a', 1]],
    });
    expect(entries()[0].long).toMatch(/^x{4096}…\[100000 characters\]$/);
  });

  it('keeps its own level, time and message when fields have those names', () => {
    const { log, entries } = collect();
    log.warn({ level: 'info', time: 'never', msg: 'forged' }, 'real');
    expect(entries()[0]).toMatchObject({ level: 'warn', time: '2026-11-20T08:00:00.000Z', msg: 'real' });
  });

  it('stays one line whatever it holds', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        '\n',
        '\r',
        '\u2028',
        '\u2029',
        '\u0085',
        '\u001b[2K',
        '\u009b',
        '\u202e',
        '"',
        '\\',
        'a',
        '\ud800',
      ),
    });
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, value, message) => {
        const { log, text } = collect();
        log.info({ [name]: value, nested: [{ value }], error: new Error(value) }, message);
        const printed = text();
        expect(printed.endsWith('\n')).toBe(true);
        // eslint-disable-next-line no-control-regex
        expect(printed.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
        expect(() => JSON.parse(printed)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('is cut to its head when its fields are huge', () => {
    const { log, entries, text } = collect();
    log.info({ rows: Array.from({ length: 50 }, () => 'y'.repeat(4000)) }, 'huge');
    expect(text().length).toBeLessThan(1000);
    expect(entries()[0]).toMatchObject({ msg: 'huge', fields: 'too long' });
  });
});

describe('a secret', () => {
  const forms = {
    plain: SECRET,
    'in a URL': `https://h/p?x=${encodeURIComponent(SECRET)}`,
    'in a form': new URLSearchParams({ x: SECRET }).toString(),
    'in JSON': JSON.stringify({ x: SECRET }),
    'in JSON in JSON': JSON.stringify({ x: JSON.stringify({ y: SECRET }) }),
    'in base64': Buffer.from(SECRET).toString('base64'),
    'in basic credentials': Buffer.from(`user:${SECRET}`).toString('base64'),
    'in base64url': Buffer.from(`ab:${SECRET}!`).toString('base64url'),
  };
  const pieces = ['S3cr3t', 'quotes', Buffer.from('S3cr3t').toString('base64').slice(0, 6)];

  it.each(Object.entries(forms))('is masked %s', (_, form) => {
    const { log, text } = collect();
    const error = new Error(`failed: ${form}`, { cause: new Error(form) });
    log.info(
      { form, [form]: 1, nested: { list: [form, new Error(form)] }, url: safeUrl(form), error },
      `said ${form}`,
    );
    for (const piece of pieces) expect(text()).not.toContain(piece);
    expect(text()).toContain('[masked]');
  });

  it('is masked from the moment it is added, and only the newest of very many are kept in mind', () => {
    const { log, text } = collect([]);
    log.addSecret('first-token-000');
    for (let index = 0; index < 200; index += 1)
      log.addSecret(`later-token-${index.toString().padStart(3, '0')}`);
    log.info({}, 'later-token-000 later-token-199 first-token-000');
    expect(text()).toContain('"msg":"[masked] [masked] first-token-000"');
  });

  it('nobody told us about is masked by its place', () => {
    const { log, text } = collect([]);
    log.info(
      {
        authorization: 'hush1-abc',
        app_secret: 'hush2',
        headers: { Cookie: 'hush3', 'X-Api-Key': 'hush4' },
        call: 'GET /x?a=1&access_token=hush5&b=2 wss://h/?ticket=hush6',
        sent: 'Authorization: Bearer hush7-abcdef',
        body: '{"tenant_access_token":"hush8","expire":7200}',
      },
      'call',
    );
    expect(text()).not.toMatch(/hush/);
    expect(text()).toContain('&b=2');
    expect(text()).toContain('expire');
  });

  it('too short to be one does not garble the log', () => {
    const { log, text } = collect(['', 'abc']);
    log.info({}, 'abcdef');
    expect(text()).toContain('abcdef');
  });
});

describe('a reader that does not read', () => {
  it('costs lines, which are counted and told later, but never the service its pace', async () => {
    const destination = new PassThrough({ highWaterMark: 1024 });
    const log = createLogger({ level: 'info', secrets: [], destination, clock: createFakeClock() });
    const line = 'z'.repeat(4000);
    const lines = Math.ceil(MAX_WAITING_BYTES / 4000) + 500;
    for (let index = 0; index < lines; index += 1) log.info({ index }, line);
    expect(log.dropped()).toBeGreaterThan(400);
    expect(destination.writableLength).toBeLessThan(MAX_WAITING_BYTES + 10_000);

    let text = '';
    destination.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await log.flush(5000);
    log.info({}, 'reading again');
    await log.flush(5000);
    expect(text).toContain(`"dropped":${log.dropped()},`);
    expect(text).toContain('reading again');
  });

  it('does not block the process at a real pipe', async () => {
    const module = (path: string) =>
      JSON.stringify(pathToFileURL(join(import.meta.dirname, '../..', path)).href);
    const script = `
      const { createLogger } = await import(${module('src/log.ts')});
      const { systemClock } = await import(${module('src/clock.ts')});
      const log = createLogger({ level: 'info', secrets: [], destination: process.stdout, clock: systemClock });
      for (let index = 0; index < 3000; index += 1) log.info({ index }, 'z'.repeat(4000));
      process.send(log.dropped());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    // Nobody reads its output: were it to wait for that, this message would never come.
    const [dropped] = (await once(child, 'message')) as [number];
    expect(dropped).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('may go away without taking the service with it', async () => {
    const destination = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const log = createLogger({ level: 'info', secrets: [], destination, clock: createFakeClock() });
    log.info({}, 'one');
    await new Promise((resolve) => setImmediate(resolve));
    log.info({}, 'two');
    expect(log.dropped()).toBe(1);
    await log.flush(5000);
  });
});

function safeUrl(form: string): URL | string {
  return URL.canParse(form) ? new URL(form) : form;
}
