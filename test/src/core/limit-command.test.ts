import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PersonKey } from '../../../src/contract/ids.ts';
import { limitFor } from '../../../src/core/limits.ts';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld({ admins: ['root'] });
});
afterEach(() => world.close());

const root = { sender: { key: 'root' as PersonKey } };
async function say(text: string, more: Parameters<typeof fakeMessage>[0] = root): Promise<string> {
  const before = world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length;
  await world.core.inbox(fakeMessage({ ...more, text }));
  await world.until(
    () => world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length > before,
  );
  return world.adapter.last().markdown;
}
const holds = (measure: 'requestsPerMinute' | 'tokensPerDay', person = 'alice') =>
  limitFor(world.policy.current(), 'person', { platform: 'fake', person, chat: 'group-1' }, measure);

describe('/limit', () => {
  it.each([
    ['/limit person 5/min', 5, 2_000_000],
    ['/limit person 20万/天', 40, 200_000],
    ['/限额 每人 7/分 1.5m/day', 7, 1_500_000],
    ['/limit fake:alice 3/min none/day', 3, 'unlimited'],
    ['／limit　fake:alice　0/min', 0, 2_000_000],
  ])('%s', async (text, perMinute, perDay) => {
    expect(await say(text)).toMatch(/^好，/);
    expect([holds('requestsPerMinute'), holds('tokensPerDay')]).toEqual([perMinute, perDay]);
  });

  it('default takes back what was set, one measure or both', async () => {
    await say('/limit person 5/min 6/day');
    await say('/limit person default/min');
    expect([holds('requestsPerMinute'), holds('tokensPerDay')]).toEqual([40, 6]);
    await say('/limit person default');
    expect(holds('tokensPerDay')).toBe(2_000_000);
    expect(world.policy.current().limits).toEqual([]);
  });

  it('makes VIPs and ordinary people of them again', async () => {
    await say('/limit vip fake:alice');
    expect(holds('requestsPerMinute')).toBe(120);
    await say('/limit normal fake:alice');
    expect(holds('requestsPerMinute')).toBe(40);
  });

  it.each([
    '/limit person',
    '/limit person 5',
    '/limit person -5/min',
    '/limit 小丽 5/min',
    '/limit @alice 5/min',
    '/limit fake:* 5/min',
    '/limit elsewhere:alice 5/min',
    '/limit person 5/min nonsense',
    '/limit person 99999999/min',
    '/limit vip 小丽',
  ])('%s changes nothing and says how it is used', async (text) => {
    expect(await say(text)).toContain('用法');
    expect(world.policy.current().limits).toEqual([]);
    expect(world.policy.current().vips).toEqual([]);
  });

  it('shows what holds; ids only in the direct chat', async () => {
    await say('/limit fake:alice 3/min');
    expect(await say('/limit')).not.toContain('alice');
    const place = { ...fakeMessage().place, kind: 'direct' as const };
    expect(await say('/limit', { ...root, place })).toContain(
      '`fake:alice`: 每分钟 3 个问题，每天 2,000,000 词元',
    );
  });

  it('is refused to others, and every change is written down', async () => {
    await say('/limit person 5/min');
    expect(await say('/limit person 500/min', {})).toContain('管理员');
    expect(holds('requestsPerMinute')).toBe(5);
    const acts = await world.store.audit.newest(10);
    expect(acts.map(({ act, allowed }) => `${act} ${allowed}`)).toEqual(['limit false', 'limit true']);
  });
});
