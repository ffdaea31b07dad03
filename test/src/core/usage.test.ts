import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOf } from '../../../src/calendar.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { description, saying } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

async function say(text: string, from: string, more: { readonly forgeable?: true } = {}): Promise<string> {
  const before = world.adapter.replies.length;
  await world.core.inbox(fakeMessage({ text, from, direct: true, chat: `p2p-${from}`, ...more }));
  await world.until(
    () => world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length > before,
  );
  return JSON.stringify(world.adapter.last().facts);
}

it('tells everybody what they used themselves, and nothing of others', async () => {
  world.model.answerWith(saying('一', '二'));
  await say('问题', 'alice');
  await say('又一个', 'alice');
  await say('别人的', 'bob');
  const shown = await say('/usage', 'alice');
  expect(shown).toContain('["今天","2","20","4"]');
  expect(shown).toContain('["本月","2","20","4"]');
  expect(shown).not.toContain('合计');
  expect(await say('/用量', 'carol')).toContain('["今天","0","0","0"]');
});

it('tells administrators the totals by platform and model, with questions no model answered', async () => {
  world.model.answerWith(
    saying('一'),
    async function* () {
      yield { type: 'end', reason: 'failed', fault: { code: 'unreachable', evidence: 'ECONNREFUSED' } };
    },
    saying('三', '四'),
  );
  for (const from of ['alice', 'bob', 'carol']) await say('问题', from);
  const shown = await say('/usage', 'root');
  expect(shown).toContain('["fake","Qwen3-VL-8B","2","20","3"]');
  expect(shown).toContain('["fake","（未回答）","1","0","0"]');
  expect(shown).toContain('["合计","–","3","20","3"]');
  expect(description.model).toContain('Qwen3-VL-8B');
});

async function judge(reply: number, kind: 'good' | 'bad', from: string): Promise<void> {
  const button = world.adapter.replies[reply]?.states.at(-1)?.buttons?.find((one) => one.kind === kind);
  const { place, sender, eventKey } = fakeMessage({ from });
  await world.core.inbox({ type: 'action', eventKey, place, actor: sender, button: button?.id ?? '' });
}

it('tells administrators how answers were judged, each person’s last word once, and counts every press', async () => {
  await say('一', 'alice');
  await say('二', 'bob');
  await judge(0, 'good', 'alice');
  await judge(0, 'bad', 'carol');
  await judge(1, 'good', 'bob');
  await judge(1, 'bad', 'bob');
  const shown = await say('/usage', 'root');
  expect(shown).toContain('["今天","fake","1","2"],["今天","合计","1","2"],["本月","fake","1","2"]');
  expect(world.judged).toEqual(['fake good', 'fake bad', 'fake good', 'fake bad']);
  expect(await say('/usage', 'alice')).not.toContain('👎');
});

it('forgets a judgement that was taken back where the platform tells', async () => {
  await say('一', 'alice');
  const { place, sender, eventKey } = fakeMessage({ from: 'alice' });
  const judged = {
    type: 'feedback',
    eventKey,
    place,
    actor: sender,
    reply: world.adapter.replies[0]?.key ?? '',
  } as const;
  await world.core.inbox({ ...judged, verdict: 'good' });
  expect(await say('/usage', 'root')).toContain('["今天","合计","1","0"]');
  expect(await world.core.inbox({ ...judged, verdict: 'withdrawn' })).toEqual({ outcome: 'accepted' });
  expect(await say('/usage', 'root')).toContain('["今天","合计","0","0"]');
});

it('tells no totals to a message that may be forged', async () => {
  expect(await say('/usage', 'root', { forgeable: true })).not.toContain('合计');
});

it.each([
  ['day', '2026-11-20T15:30:00Z', 'Asia/Shanghai', '2026-11-19T16:00:00Z'],
  ['day', '2026-11-20T16:30:00Z', 'Asia/Shanghai', '2026-11-20T16:00:00Z'],
  ['month', '2026-11-20T15:30:00Z', 'Asia/Shanghai', '2026-10-31T16:00:00Z'],
  ['month', '2026-11-20T15:30:00Z', 'UTC', '2026-11-01T00:00:00Z'],
  ['day', '2026-03-29T12:00:00Z', 'Europe/Berlin', '2026-03-28T23:00:00Z'],
  ['month', '2026-11-20T12:00:00Z', 'America/New_York', '2026-11-01T04:00:00Z'],
] as const)('a %s that holds %s in %s began at %s', (unit, now, timeZone, expected) => {
  expect(new Date(startOf(unit, new Date(now), timeZone)).toISOString()).toBe(
    new Date(expected).toISOString(),
  );
});
