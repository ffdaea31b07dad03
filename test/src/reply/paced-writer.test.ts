import { describe, expect, it } from 'vitest';
import type { CallUrgency } from '../../../src/contract/budget.ts';
import { createPacedWriter, type PacedWriterOptions } from '../../../src/reply/paced-writer.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const INTERVAL_MS = 100;

/** A reply on a platform: the text shown, when, and with which urgency; one call takes `callMs`, its turn `turnMs`. */
function createStage({ callMs = 10, turnMs = 0, onError }: Partial<StageOptions> = {}) {
  const clock = createFakeClock();
  const startMs = clock.now().getTime();
  const shown: { readonly text: string; readonly atMs: number; readonly urgency: CallUrgency }[] = [];
  const stage = { text: '', failing: false, inFlight: 0, mostInFlight: 0, failures: [] as number[] };
  const nowMs = (): number => clock.now().getTime() - startMs;

  const write: PacedWriterOptions['write'] = async (urgency, signal, leaving) => {
    stage.inFlight += 1;
    stage.mostInFlight = Math.max(stage.mostInFlight, stage.inFlight);
    try {
      if (turnMs > 0 && urgency === 'live') await clock.sleep(turnMs, signal);
      signal.throwIfAborted();
      leaving();
      const { text } = stage;
      await clock.sleep(callMs);
      if (stage.failing) {
        stage.failures.push(nowMs());
        throw new Error('refused');
      }
      shown.push({ text, atMs: nowMs() - callMs, urgency });
    } finally {
      stage.inFlight -= 1;
    }
  };
  const writer = createPacedWriter({
    write,
    intervalMs: () => INTERVAL_MS,
    clock,
    onError: onError ?? (() => 'continue'),
  });
  const say = (text: string, urgency?: CallUrgency): void => {
    stage.text = text;
    writer.touch(urgency);
  };
  return { clock, stage, shown, writer, say };
}
type StageOptions = {
  readonly callMs: number;
  readonly turnMs: number;
  readonly onError: PacedWriterOptions['onError'];
};

describe('a paced writer', () => {
  it('shows the first text at once, then the newest once per interval', async () => {
    const { clock, shown, say } = createStage();
    for (let step = 0; step <= 30; step += 1) {
      say(`text ${step}`);
      await clock.advance(10);
    }
    expect(shown.map(({ atMs, text }) => `${atMs} ${text}`)).toEqual([
      '0 text 0',
      '100 text 9',
      '200 text 19',
      '300 text 29',
    ]);
  });

  it('shows the last text although nothing follows it', async () => {
    const { clock, shown, writer, say } = createStage();
    say('a');
    await clock.advance(5);
    say('b');
    say('c');
    await clock.advance(1000);
    await writer.idle();
    expect(shown.map(({ text }) => text)).toEqual(['a', 'c']);
    expect(clock.sleeping()).toBe(0);
  });

  it('has one write in flight, however slow the platform', async () => {
    const { clock, stage, shown, say } = createStage({ callMs: 450 });
    for (let step = 0; step < 100; step += 1) {
      say(`text ${step}`);
      await clock.advance(20);
    }
    expect(stage.mostInFlight).toBe(1);
    expect(shown.map(({ atMs }) => atMs)).toEqual([0, 450, 900, 1350]);
  });

  it('does not write again what a write has taken along when it left', async () => {
    const { clock, shown, say } = createStage({ turnMs: 500 });
    say('a');
    await clock.advance(200);
    say('ab');
    await clock.advance(5000);
    expect(shown.map(({ text }) => text)).toEqual(['ab']);
  });

  it('writes once more for what changed after the write had left', async () => {
    const { clock, shown, say } = createStage({ callMs: 50 });
    say('a');
    await clock.advance(20);
    say('ab');
    await clock.advance(1000);
    expect(shown.map(({ text }) => text)).toEqual(['a', 'ab']);
  });

  it('lets the first text wait neither for the interval nor behind a live edit', async () => {
    const { clock, shown, say } = createStage({ turnMs: 5000 });
    say('waiting');
    await clock.advance(30);
    say('first words', 'first');
    await clock.advance(20);
    say('more words', 'first');
    await clock.advance(20);
    expect(shown.map(({ text, urgency }) => `${urgency} ${text}`)).toEqual([
      'first first words',
      'first more words',
    ]);
  });

  it('goes on after a failure with the newest text, ever more slowly', async () => {
    const { clock, stage, shown, say } = createStage();
    stage.failing = true;
    say('a', 'first');
    await clock.advance(60_000);
    const pauses = stage.failures.map((atMs, index) => atMs - (stage.failures[index - 1] ?? 0));
    expect(pauses.slice(0, 5)).toEqual([10, 210, 410, 810, 1610]);
    expect(Math.max(...pauses)).toBe(10_010);
    stage.failing = false;
    say('ab');
    await clock.advance(10_010);
    say('abc');
    await clock.advance(200);
    expect(shown.map(({ text }) => text)).toEqual(['ab', 'abc']);
  });

  it('ends for good when told so after a failure', async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): 'stop' => {
      errors.push(error);
      return 'stop';
    };
    const { clock, stage, shown, writer, say } = createStage({ onError });
    stage.failing = true;
    say('a');
    await clock.advance(50);
    stage.failing = false;
    say('ab');
    await clock.advance(5000);
    await writer.idle();
    expect(errors).toHaveLength(1);
    expect(shown).toEqual([]);
    expect(clock.sleeping()).toBe(0);
  });

  it('waits for the write in flight when stopped and drops the rest', async () => {
    const { clock, shown, writer, say } = createStage({ callMs: 300 });
    say('a');
    await clock.advance(10);
    say('ab');
    let stopped = false;
    const stopping = writer.stop().then(() => (stopped = true));
    await clock.advance(100);
    expect(stopped).toBe(false);
    await clock.advance(1000);
    await stopping;
    say('abc');
    await clock.advance(1000);
    expect(shown.map(({ text }) => text)).toEqual(['a']);
  });

  it('stops at once when the write still waits for its turn', async () => {
    const errors: unknown[] = [];
    const { clock, shown, writer, say } = createStage({
      turnMs: 12_000,
      onError: (error) => (errors.push(error), 'stop'),
    });
    say('a');
    await clock.advance(10);
    await writer.stop();
    expect(shown).toEqual([]);
    expect(errors).toEqual([]);
    expect(clock.sleeping()).toBe(0);
  });

  it('stops at once between two writes', async () => {
    const { clock, shown, writer, say } = createStage();
    say('a');
    await clock.advance(20);
    say('ab');
    await clock.settle();
    await writer.stop();
    expect(clock.sleeping()).toBe(0);
    expect(shown).toHaveLength(1);
  });

  it('takes a write that does not say when it left to have left when it began', async () => {
    const clock = createFakeClock();
    const startMs = clock.now().getTime();
    const begun: number[] = [];
    const writer = createPacedWriter({
      write: async () => {
        begun.push(clock.now().getTime() - startMs);
        await clock.sleep(30);
      },
      intervalMs: () => INTERVAL_MS,
      clock,
      onError: () => 'stop',
    });
    writer.touch('first');
    await clock.advance(10);
    writer.touch();
    await clock.advance(1000);
    await writer.stop();
    expect(begun).toEqual([0, 100]);
  });
});
