import { expect, it } from 'vitest';
import type { Snapshot } from '../../../src/contract/reply.ts';
import { never } from '../../adapters/shared/waiting.ts';
import { play } from '../../adapters/wecom/support.ts';
import { opening } from '../../contract/stage.ts';

const working = (seconds: number): Snapshot => ({
  markdown: '',
  progress: `正在思考…（${seconds} 秒）`,
  preview: '…',
});

async function openedLongAgo() {
  const played = await play({ integration: 'app' });
  const { replyTarget: target } = await played.ask();
  const first = opening({ target, key: 'turn1-0', first: working(0) });
  const sink = await played.settled(played.adapter.openReply(first, never));
  await played.pass(16_000);
  const shown = (): readonly string[] =>
    played.sim
      .messages(played.sim.appChat(played.alice).chatId)
      .filter(({ from }) => from.kind === 'bot')
      .map(({ text }) => text);
  return { played, sink, shown };
}

it('the line that an answer takes long says what is so when its call leaves', async () => {
  const { played, sink, shown } = await openedLongAgo();
  let seconds = 16;
  played.hold();
  const update = sink.update(() => working(seconds), 'live', never);
  await played.pass(4_000);
  seconds = 20;
  played.release();
  await played.settled(update);
  expect(shown()).toEqual(['正在思考…（20 秒）']);
});

it('the line that an answer takes long gives way to the end, which does not wait for it', async () => {
  const { played, sink, shown } = await openedLongAgo();
  played.hold();
  const ending = new AbortController();
  let read = 0;
  const update = sink.update(() => ((read += 1), working(16)), 'live', ending.signal);
  await played.pass(2_000);
  ending.abort(new Error('the end'));
  await expect(played.settled(update)).rejects.toMatchObject({ code: 'aborted' });
  played.release();
  const close = sink.close({ status: 'complete', snapshot: { markdown: '好了', preview: '好了' } }, never);
  await played.settled(close);
  expect(shown()).toEqual(['好了']);
  expect(read).toBe(0);
});
