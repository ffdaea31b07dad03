import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, type World } from '../../fakes/core.ts';
import { saying } from '../../fakes/model.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

async function say(text: string, from = 'alice'): Promise<string> {
  const before = world.adapter.replies.length;
  await world.core.inbox(fakeMessage({ text, from, direct: true, chat: `p2p-${from}` }));
  await world.until(
    () => world.adapter.replies.filter(({ outcome }) => outcome !== undefined).length > before,
  );
  return world.adapter.replies[before]?.states.at(-1)?.markdown ?? '';
}

const asked = (): (boolean | undefined)[] => world.model.asked.map(({ thinking }) => thinking);

describe('/think', () => {
  it('switches thinking for this conversation only, and back to the server’s default', async () => {
    world.model.answerWith(saying('好'));
    await say('一');
    expect(await say('/think on')).toContain('先思考');
    await say('二');
    await say('别人的', 'bob');
    expect(await say('/思考 关')).toContain('直接回答');
    await say('三');
    await say('/think auto');
    await say('四');
    expect(asked()).toEqual([undefined, true, undefined, false, undefined]);
  });

  it('outlives /new, and says how it stands', async () => {
    await say('/think off');
    await say('/new');
    world.model.answerWith(saying('好'));
    await say('问题');
    expect(asked()).toEqual([false]);
    expect(await say('/think')).toContain('不思考');
    expect(await say('/think perhaps')).toContain('/think on');
  });

  it('does not forget where the conversation begins', async () => {
    world.model.answerWith(saying('好'));
    await say('旧的问题');
    await say('/new');
    await say('/think on');
    await say('新的问题');
    expect(JSON.stringify(world.model.asked.at(-1)?.messages)).not.toContain('旧的问题');
  });
});
