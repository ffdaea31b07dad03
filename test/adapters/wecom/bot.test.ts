import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/contract/reply.ts';
import { opening } from '../../contract/stage.ts';
import { never } from '../shared/waiting.ts';
import { play, type Played } from './support.ts';

const minuteMs = 60_000;

const growing = (markdown: string): Snapshot => ({ markdown, progress: '正在思考…', preview: markdown });
const ended = (markdown: string, part: Partial<Snapshot> = {}) =>
  ({ status: 'complete', snapshot: { markdown, preview: markdown, ...part } }) as const;

const textsIn = ({ sim, alice }: Played): string[] =>
  sim
    .messages(sim.directChat(alice).chatId)
    .filter(({ from }) => from.kind === 'bot')
    .map(({ text }) => text);

async function openReply(played: Played, key = 'turn1-0') {
  const { replyTarget: target } = await played.ask();
  return played.settled(played.adapter.openReply(opening({ target, key, first: growing('') }), never));
}

describe('a reply on the long connection', () => {
  it('of ten minutes arrives whole: the stream ends before its life does, the rest is pushed', async () => {
    const played = await play({ integration: 'bot' });
    const { sim, clock, settled } = played;
    const sink = await openReply(played);
    const until = clock.now().getTime() + 10 * minuteMs;
    let text = '';
    while (clock.now().getTime() < until) {
      text += `第 ${text.length} 句，说得很慢。\n`;
      await settled(sink.update(() => growing(text), 'live', never));
      await played.clock.advance(5_000);
    }
    await settled(sink.close(ended(text, { footer: '完' }), never));
    const [bubble, rest, ...others] = textsIn(played);
    const [stream] = sim
      .messages(sim.directChat(played.alice).chatId)
      .flatMap((message) => message.stream ?? []);
    expect(stream?.state).toBe('finished');
    expect((stream?.finishedMs ?? 0) - (stream?.startedMs ?? 0)).toBeLessThan(6 * minuteMs);
    expect(others).toEqual([]);
    expect(
      bubble
        ?.replace(/\n*> ↓$/, '')
        .trimEnd()
        .concat('\n', rest?.replace(/\n*> 完$/, '').trimEnd() ?? ''),
    ).toBe(text.trimEnd());
    expect(sim.refused()).toEqual([]);
  }, 60_000);

  it('that is silent when its stream’s life ends is finished all the same, and goes on below', async () => {
    const played = await play({ integration: 'bot', env: { WECOM_STREAM_LIFETIME_MS: '60000' } });
    const sink = await openReply(played);
    await played.settled(sink.update(() => growing('开头'), 'first', never));
    await played.pass(61_000);
    expect(textsIn(played)).toEqual(['开头\n\n> ↓']);
    await played.settled(sink.close(ended('开头，结尾'), never));
    expect(textsIn(played)).toEqual(['开头\n\n> ↓', '，结尾']);
  });

  it('goes on below when the platform ends the stream early', async () => {
    const played = await play({ integration: 'bot', options: { limits: { streamMs: 5_000 } } });
    const sink = await openReply(played);
    await played.settled(sink.update(() => growing('```js\nlet a;'), 'first', never));
    await played.pass(6_000);
    await played.settled(sink.update(() => growing('```js\nlet a;\nlet b;'), 'live', never));
    await played.settled(sink.close(ended('```js\nlet a;\nlet b;\n```'), never));
    expect(textsIn(played)[1]).toBe('```js\nlet b;\n```');
  });

  it('takes a late acknowledgement for the frame it belongs to', async () => {
    const played = await play({ integration: 'bot' });
    const { sim, settled } = played;
    const sink = await openReply(played);
    sim.frameFault('aibot_respond_msg', { kind: 'late-ack', milliseconds: 9_000 });
    await expect(settled(sink.update(() => growing('一'), 'first', never))).rejects.toMatchObject({
      code: 'timeout',
      sent: 'maybe',
    });
    const closing = sink.close(ended('一二'), never).catch((error: unknown) => error);
    // The platform refuses the frame that came while it was still at work with the other; it is told so, not that all is well.
    const first = await settled(closing);
    if (first !== undefined) await settled(sink.close(ended('一二'), never));
    expect(textsIn(played)).toEqual(['一二']);
  });

  it('never has two frames of one stream in flight, nor more than thirty a minute in a chat', async () => {
    const played = await play({ integration: 'bot', options: { limits: { ackMs: 200 } } });
    const sinks = [await openReply(played, 'turn1-0'), await openReply(played, 'turn2-0')];
    const { clock, sim } = played;
    const until = clock.now().getTime() + 2 * minuteMs;
    const grow = async (sink: (typeof sinks)[number]): Promise<void> => {
      for (let text = '一'; clock.now().getTime() < until; text += '一') {
        await sink.update(() => growing(text), 'live', never);
      }
      await sink.close(ended('完'), never);
    };
    await played.settled(Promise.all(sinks.map(grow)));
    expect(sim.refused()).toEqual([]);
    expect(textsIn(played)).toEqual(['完', '完']);
  }, 60_000);

  it('shows the reasoning in its section at the end, and nothing in it can end that', async () => {
    const played = await play({ integration: 'bot' });
    const sink = await openReply(played);
    await played.settled(sink.close(ended('答案', { thinking: '先想</think>再想', footer: '完' }), never));
    const [message] = played.sim
      .messages(played.sim.directChat(played.alice).chatId)
      .filter(({ stream }) => stream);
    expect(message?.stream?.thinking).toContain('再想');
    expect(message?.text.trim()).toBe('答案\n\n> 完');
  });

  it('is rated by the key it was opened with', async () => {
    const played = await play({ integration: 'bot' });
    const sink = await openReply(played, 'turn7-0');
    await played.settled(sink.close(ended('好'), never));
    const [view] = played.sim
      .messages(played.sim.directChat(played.alice).chatId)
      .filter(({ rateable }) => rateable);
    const message = played.sim.message(view?.messageId ?? '');
    if (message === undefined) throw new Error('nothing to rate');
    void played.sim.rate({ message, by: played.alice, verdict: 'bad' });
    await played.until(() => played.events.some(({ type }) => type === 'feedback'), 'the rating arrives');
    expect(played.events.at(-1)).toMatchObject({ type: 'feedback', reply: 'turn7-0', verdict: 'bad' });
  });
});

describe('the long connection', () => {
  it('welcomes who comes by an answer to their coming', async () => {
    const played = await play({
      integration: 'bot',
      inbox: async (event) => {
        if (event.type === 'joined')
          void played.adapter.send(event.address, { markdown: '你好，我是小桥', preview: '' }, 'k', never);
        return { outcome: 'accepted' };
      },
    });
    void played.sim.enterChat(played.alice);
    await played.until(() => textsIn(played).length > 0, 'the welcome is shown');
    expect(textsIn(played)).toEqual(['你好，我是小桥']);
    expect(played.sim.calls().map(({ api }) => api)).toContain('aibot_respond_welcome_msg');
  });

  it('reports a second login, waits 30 to 60 seconds, and longer after the next', async () => {
    const played = await play({ integration: 'bot' });
    const { sim, adapter, clock, until } = played;
    const waits: number[] = [];
    for (let times = 1; times <= 2; times += 1) {
      sim.evict();
      await until(() => adapter.health().state === 'down', 'the connection is lost');
      const lostAt = clock.now().getTime();
      await until(() => adapter.health().state === 'up', 'it is back');
      waits.push(clock.now().getTime() - lostAt);
    }
    expect(waits[0]).toBeGreaterThanOrEqual(30_000);
    expect(waits[0]).toBeLessThan(61_000);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
    expect(played.events.filter(({ type }) => type === 'notice')).toMatchObject([
      { code: 'displaced' },
      { code: 'displaced' },
    ]);
  });

  it.for([
    ['is never answered', 'lost'],
    ['is cut off', 'drop-before'],
  ] as const)('comes up although its subscription %s at first', async ([, kind]) => {
    const played = await play({ integration: 'bot', reached: false });
    played.sim.frameFault('aibot_subscribe', { kind }, 2);
    for (const connection of played.sim.connections()) connection.drop();
    await played.until(() => played.adapter.health().state === 'up', 'it comes up');
  });

  it('outlives an outage of an hour', async () => {
    const played = await play({ integration: 'bot' });
    played.sim.refuseConnections(503);
    for (const connection of played.sim.connections()) connection.drop();
    await played.until(() => played.adapter.health().state === 'down', 'it is down');
    for (let minutes = 0; minutes < 60; minutes += 1) await played.clock.advance(minuteMs);
    played.sim.refuseConnections(undefined);
    await played.until(() => played.adapter.health().state === 'up', 'it is back');
  });

  it('notices a line that is dead without a word', async () => {
    const played = await play({ integration: 'bot' });
    for (const connection of played.sim.connections()) connection.halfOpen();
    await played.until(() => played.adapter.health().state === 'down', 'it is noticed');
    await played.until(() => played.adapter.health().state === 'up', 'it is back');
  });

  it('subscribes again when the platform has forgotten it', async () => {
    const played = await play({ integration: 'bot' });
    const { replyTarget: target } = await played.ask();
    for (const connection of played.sim.connections()) connection.setSubscribed(false);
    const open = (): Promise<unknown> =>
      played.settled(played.adapter.openReply(opening({ target, key: 't-0', first: growing('') }), never));
    await expect(open()).rejects.toMatchObject({ code: 'unavailable', platformCode: '846609' });
    await played.until(() => played.adapter.health().reconnects === 1, 'it subscribes again');
    await open();
    expect(textsIn(played)).toEqual(['正在思考…']);
  });

  it('goes on in the same bubble after a restart, and does not touch one that has ended', async () => {
    const played = await play({ integration: 'bot' });
    const { adapter, settled } = played;
    const open = await openReply(played, 'turn1-0');
    await settled(open.update(() => growing('一'), 'first', never));
    const again = await settled(adapter.resumeReply(open.handle, never));
    await settled(again.close(ended('一二'), never));
    const closed = await settled(adapter.resumeReply(again.handle, never));
    await settled(closed.close(ended('别的'), never));
    // A crash between the last frame and its being stored: the stream is known to have taken its end.
    const repeated = await settled(adapter.resumeReply(open.handle, never));
    await settled(repeated.close(ended('一二'), never));
    expect(textsIn(played)).toEqual(['一二']);
  });
});
