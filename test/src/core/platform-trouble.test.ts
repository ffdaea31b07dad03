import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/contract/errors.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying, sayingForEver } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

const closed = (count: number) => (): boolean =>
  world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length >= count;
const textOf = (index: number): string => world.adapter.replies[index]?.states.at(-1)?.markdown ?? '';

describe('a platform that fails', () => {
  it('is asked again until the reply is open, and shows it once', async () => {
    const broken = new AdapterError('unavailable', 'down', { sent: 'maybe' });
    world.adapter.fail('open', broken, broken);
    world.model.answerWith(saying('好'));
    await world.core.inbox(fakeMessage());
    await world.until(closed(1));
    expect(world.adapter.replies).toHaveLength(1);
    expect(textOf(0)).toBe('好');
  });

  it('loses an edit without harm and gets the end again until it takes it', async () => {
    world.adapter.fail('update', new AdapterError('unavailable', 'down'));
    world.adapter.fail(
      'close',
      new AdapterError('rate-limited', 'slow', { retryAfterMs: 10 }),
      new AdapterError('timeout', 'late'),
    );
    world.model.answerWith(saying('全', '文'));
    await world.core.inbox(fakeMessage());
    await world.until(closed(1));
    expect(textOf(0)).toBe('全文');
  });

  it('whose message is gone ends the model’s work and does not loop', async () => {
    world.adapter.fail('update', new AdapterError('target-gone', 'recalled'));
    world.model.answerWith(sayingForEver('开头'));
    await world.core.inbox(fakeMessage());
    await world.until(() => world.core.running() === 0);
    expect(world.logged.some((line) => line.includes('"delivery":"gone"'))).toBe(true);
  });

  it('whose content filter refuses the answer gets a sentence in its place', async () => {
    world.adapter.fail('close', new AdapterError('content-rejected', 'refused'));
    world.model.answerWith(saying('敏感'));
    await world.core.inbox(fakeMessage());
    await world.until(closed(1));
    expect(textOf(0)).toBe('');
    expect(world.adapter.last().notice).toContain('内容审核');
  });
});

describe('an answer too long for one reply', () => {
  it('goes on in further replies whose texts add up to the whole', async () => {
    await world.close();
    world = await createWorld({ maxReplyBytes: 1_000 });
    const paragraphs = Array.from({ length: 60 }, (_, index) => `第 ${index} 段，有一些字。\n\n`);
    world.model.answerWith(saying(...paragraphs));
    await world.core.inbox(fakeMessage());
    await world.until(() => world.adapter.replies.at(-1)?.outcome === 'complete');
    expect(world.adapter.replies.length).toBeGreaterThan(1);
    expect(world.adapter.replies.map((_, index) => textOf(index)).join('')).toBe(paragraphs.join(''));
    for (const reply of world.adapter.replies.slice(0, -1)) expect(reply.outcome).toBe('continued');
    for (const [index] of world.adapter.replies.entries())
      expect(Buffer.byteLength(textOf(index))).toBeLessThanOrEqual(1_000);
  });
});

describe('an answer the platform cannot show', () => {
  it('becomes a sentence, and the reply is closed', async () => {
    world.adapter.fail('close', new AdapterError('invalid', 'refused'));
    world.model.answerWith(saying('奇怪的格式'));
    await world.core.inbox(fakeMessage());
    await world.until(closed(1));
    expect(textOf(0)).toBe('');
    expect(world.adapter.last().notice).toContain('纯文字');
  });
});
