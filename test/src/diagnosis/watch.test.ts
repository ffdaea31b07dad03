import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchModelServers, type WatchOptions } from '../../../src/diagnosis/watch.ts';
import type { ModelHealth } from '../../../src/model/types.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';

// 16:00 in Shanghai.
const start = new Date('2026-11-20T08:00:00Z');
const intervalMs = 1_000;

let clock: FakeClock;
let server: ModelHealth;
let told: string[];
let stopping: AbortController;

const entry = (state: ModelHealth['state'], more: Partial<ModelHealth> = {}): ModelHealth => ({
  description: { host: 'gpu:8000' },
  state,
  since: clock.now(),
  ...more,
});
const down = (): ModelHealth => entry('down', { fault: { code: 'unreachable', evidence: 'ECONNREFUSED' } });

function begin(
  quietHours?: { readonly fromMinute: number; readonly toMinute: number },
  lookEveryMs = intervalMs,
): void {
  const options: WatchOptions = {
    health: () => [server],
    settings: { intervalMs: lookEveryMs, slowMs: 2_000, failures: 3, quietHours },
    timeZone: 'Asia/Shanghai',
    language: 'zh',
    clock,
    tell: async (text) => void told.push(text),
  };
  void watchModelServers(options, stopping.signal);
}

beforeEach(() => {
  clock = createFakeClock(start);
  server = entry('up', { latencyMs: 30 });
  told = [];
  stopping = new AbortController();
});
afterEach(() => stopping.abort());

describe('a server that goes down', () => {
  it('is told after three looks, once, with what was seen and since when', async () => {
    begin();
    await clock.advance(5_000);
    server = down();
    await clock.advance(2_500);
    expect(told).toEqual([]);
    await clock.advance(1_000);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^✗ 模型服务器 gpu:8000 从 16:00 起不能回答（unreachable, ECONNREFUSED）/);
    await clock.advance(3_600_000);
    expect(told).toHaveLength(1);
  });

  it('and comes back is told at once, with how long it lasted', async () => {
    begin();
    server = down();
    await clock.advance(90_000);
    server = entry('up', { latencyMs: 30 });
    await clock.advance(1_000);
    expect(told).toHaveLength(2);
    expect(told[1]).toMatch(/^✓ 模型服务器 gpu:8000 恢复了；从 16:00 起，持续了 1 分 3\d 秒/);
    await clock.advance(60_000);
    expect(told).toHaveLength(2);
  });

  it('for less than three looks is not worth a word', async () => {
    begin();
    await clock.advance(1_500);
    server = down();
    await clock.advance(2_000);
    server = entry('up');
    await clock.advance(60_000);
    expect(told).toEqual([]);
  });
});

describe('with the default of a minute', () => {
  const minuteMs = 60_000;

  it('administrators hear of an outage that three looks a minute apart have seen', async () => {
    begin(undefined, minuteMs);
    await clock.advance(30_000);
    server = down();
    await clock.advance(2 * minuteMs + 20_000);
    expect(told).toEqual([]);
    await clock.advance(20_000);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('从 16:00 起');
  });

  it('nobody is written to for a restart of the server that took two minutes', async () => {
    begin(undefined, minuteMs);
    await clock.advance(30_000);
    server = down();
    await clock.advance(2 * minuteMs);
    server = entry('up', { latencyMs: 30 });
    await clock.advance(60 * minuteMs);
    expect(told).toEqual([]);
  });

  it('its recovery is told within a minute', async () => {
    begin(undefined, minuteMs);
    server = down();
    await clock.advance(5 * minuteMs);
    server = entry('up', { latencyMs: 30 });
    await clock.advance(minuteMs);
    expect(told).toHaveLength(2);
    expect(told[1]).toContain('恢复了');
  });
});

describe('a server that gets slow', () => {
  it('is told once, and again when it is well', async () => {
    begin();
    server = entry('up', { latencyMs: 3_200 });
    await clock.advance(60_000);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('变慢：检查用了 3.2 秒，上限 2.0 秒');
    server = entry('up', { latencyMs: 40 });
    await clock.advance(60_000);
    expect(told).toHaveLength(2);
    expect(told[1]).toContain('恢复了');
  });

  it('after it was down is told apart from that', async () => {
    begin();
    server = down();
    await clock.advance(10_000);
    server = entry('up', { latencyMs: 3_200 });
    await clock.advance(10_000);
    expect(told.map((text) => text.slice(0, 1))).toEqual(['✗', '✓', '?']);
  });
});

describe('quiet hours', () => {
  const hours = { fromMinute: 16 * 60, toMinute: 16 * 60 + 30 };

  it('hold everything back and tell it afterwards, in one message', async () => {
    begin(hours);
    server = down();
    await clock.advance(10 * 60_000);
    server = entry('up', { latencyMs: 30 });
    await clock.advance(19 * 60_000);
    expect(told).toEqual([]);
    await clock.advance(2 * 60_000);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^免打扰时段里发生的事：\n\n✗ [^]*\n\n✓ /);
    await clock.advance(3_600_000);
    expect(told).toHaveLength(1);
  });

  it('may span midnight', async () => {
    begin({ fromMinute: 15 * 60, toMinute: 8 * 60 });
    server = down();
    await clock.advance(3_600_000);
    expect(told).toEqual([]);
  });

  it('without anything to tell end in silence', async () => {
    begin(hours);
    await clock.advance(3_600_000);
    expect(told).toEqual([]);
  });
});
