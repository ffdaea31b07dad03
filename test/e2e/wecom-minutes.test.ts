import { afterEach, describe, expect, it } from 'vitest';
import { isObject } from '../simulators/feishu/json.ts';
import { description, saying, type Script } from '../fakes/model.ts';
import { startWeComCore, type WeComCore } from './wecom-core.ts';

const minuteMs = 60_000;

let wecom: WeComCore;
const begin = async (...setting: Parameters<typeof startWeComCore>): Promise<WeComCore> =>
  (wecom = await startWeComCore(...setting));
afterEach(() => wecom.end());

const sentence = (index: number): string => `第${index}句：话要说清楚，一个字也不能少，更不能只剩半个😀。`;

/** Says the sentences one by one, each so long after the one before. */
const sayingSlowly = (sentences: readonly string[], waitMs: number): Script =>
  async function* (_request, signal) {
    yield { type: 'start', server: description };
    for (const text of sentences) {
      await wecom.clock.sleep(waitMs, signal);
      yield { type: 'text-delta', text };
    }
    yield { type: 'end', reason: 'stop' };
  };

/** The answer without what stands beside it: the mark that it goes on below, or the receipt. */
const answerIn = (text: string): string => text.replace(/\n\n> [^\n]*$/, '');

describe('an answer of minutes', () => {
  const sentences = Array.from({ length: 120 }, (_, index) => sentence(index));

  it('of ten minutes arrives whole on the long connection', async () => {
    const { model, ask, answered, shown, sim } = await begin('bot');
    model.answerWith(sayingSlowly(sentences, (10 * minuteMs) / sentences.length));
    ask('慢慢说');
    await answered();
    const [bubble, ...below] = shown();
    const { stream } = bubble ?? {};
    expect(stream?.state).toBe('finished');
    expect((stream?.finishedMs ?? 0) - (stream?.startedMs ?? 0)).toBeLessThan(6 * minuteMs);
    // Growing all the while: only what stood there before the first word was taken back.
    const states = stream?.history.filter(({ content = '' }) => content.startsWith('第')) ?? [];
    expect(states.length).toBeGreaterThan(50);
    expect(states.slice(1).filter(({ prefixExtending }) => !prefixExtending)).toEqual([]);
    expect(below.map(({ kind }) => kind)).toEqual(['markdown']);
    expect(
      shown()
        .map(({ text }) => answerIn(text))
        .join(''),
    ).toBe(sentences.join(''));
    expect(sim.refused()).toEqual([]);
  });

  it('of eight minutes by webhook ends in the one further message, and is sealed before WeCom stops asking', async () => {
    const { model, ask, answered, shown, sim } = await begin('bot-webhook');
    model.answerWith(sayingSlowly(sentences, (8 * minuteMs) / sentences.length));
    ask('慢慢说');
    await answered();
    expect(shown().map(({ kind, stream }) => [kind, stream?.state])).toEqual([
      ['stream', 'finished'],
      ['markdown', undefined],
    ]);
    expect(
      shown()
        .map(({ text }) => answerIn(text))
        .join(''),
    ).toBe(sentences.join(''));
    expect(sim.calls().filter(({ api }) => api === 'aibot.response')).toHaveLength(1);
    expect(sim.refused()).toEqual([]);
  });
});

describe('12,000 Chinese characters through the self-built app', () => {
  const answerOf = (name: string): string => {
    let text = `${name}：`;
    for (let index = 0; text.length < 12_000; index += 1)
      text += sentence(index) + (index % 9 === 8 ? '\n\n' : '');
    return text.trimEnd();
  };
  const visible = (text: string): string => text.replace(/\s/g, '');

  it('arrive without losing or halving one, and two such answers for one person stay below the silent limit', async () => {
    const { model, ask, answered, shown, sim, until } = await begin('app');
    const answers = [answerOf('甲'), answerOf('乙')];
    model.answerWith(...answers.map((answer) => saying(answer)));
    ask('写长一点');
    // Sent in the same moment they would be one question.
    await until(() => model.asked.length === 1, 'the first one is being answered');
    ask('再写长一点');
    await answered();
    const messages = shown();
    expect(visible(messages.map(({ text }) => answerIn(text)).join(''))).toBe(visible(answers.join('')));
    expect(messages.filter(({ cut }) => cut)).toEqual([]);
    expect(sim.calls().filter(({ unseen }) => unseen !== undefined)).toEqual([]);
    expect(sim.refused()).toEqual([]);
    // More than the thirty a minute that one person is shown: the thirty-first waited for the minute to be over.
    const [first, thirtyFirst] = [messages[0], messages[30]].map(
      (message) => message?.createdMs ?? Number.NaN,
    );
    expect((thirtyFirst ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(minuteMs);
  });
});

describe('a second login of the same bot', () => {
  it.each([
    ['soonest', 0],
    ['latest', 0.999],
  ])('is reported, and at the %s we are back after 30 to 60 seconds, then later', async (_name, random) => {
    const { sim, clock, until, adapter, notices, ask, answered, shown } = await begin('bot', { random });
    const waits: number[] = [];
    for (const times of [1, 2]) {
      sim.evict();
      await until(() => notices.length === times, 'it is reported');
      expect(notices.at(-1)).toMatchObject({ adapter: 'wecom-bot', code: 'displaced' });
      expect(adapter.health()).toMatchObject({ state: 'down', detail: 'displaced by another login' });
      const lostAt = clock.now().getTime();
      await until(() => sim.connections().some((connection) => connection.subscribed()), 'we are back');
      waits.push(clock.now().getTime() - lostAt);
    }
    const [first = 0, second = 0] = waits;
    // The way there and back takes a part of a second of this clock.
    expect(first).toBeGreaterThanOrEqual(29_500);
    expect(first).toBeLessThanOrEqual(61_000);
    expect(second).toBeGreaterThan(first);
    await until(() => adapter.health().state === 'up', 'we are up');
    ask('还在吗');
    await answered();
    expect(shown().at(-1)?.text).toContain('ok');
  });
});

describe('by webhook', () => {
  it('a message is not answered before it is stored, however long that takes', async () => {
    const { sim, ask, shown, pass, until, answered, holdStore } = await begin('bot-webhook');
    const store = holdStore();
    ask('你好');
    await pass(3_000);
    expect(sim.deliveries().map(({ state }) => state)).toEqual(['pending']);
    expect(shown()).toEqual([]);
    store.release();
    await answered();
    await until(() => shown()[0]?.stream?.state === 'finished', 'it is fetched');
    expect(answerIn(shown()[0]?.text ?? '')).toBe('ok');
  });

  it('a message is answered with a stream within 1.5 s, however long the model takes', async () => {
    const { sim, model, ask, answered, shown, until } = await begin('bot-webhook', {
      limits: { callbackMs: 1_500 },
    });
    model.answerWith(sayingSlowly(['想好了'], 20_000));
    ask('想一想');
    await until(() => sim.deliveries()[0]?.state === 'delivered', 'it is answered');
    expect(sim.deliveries()[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['answered']);
    expect(shown()).toMatchObject([{ stream: { state: 'streaming' } }]);
    await answered();
    await until(() => shown()[0]?.stream?.state === 'finished', 'it is fetched');
    expect(shown().map(({ text }) => answerIn(text))).toEqual(['想好了']);
  });

  it('repetitions of a message get its stream, before and after the end, and one answer stands there', async () => {
    const { sim, model, ask, answered, shown, until, settled } = await begin('bot-webhook');
    model.answerWith(sayingSlowly(['答', '案'], 3_000));
    const message = ask('你好');
    await until(() => shown().length === 1, 'the stream begins');
    await settled(sim.redeliver(message));
    await answered();
    await until(() => shown()[0]?.stream?.state === 'finished', 'it is fetched');
    await settled(sim.redeliver(message));
    const streams = sim.calls().filter(({ api }) => api === 'reply.message');
    expect(streams).toHaveLength(3);
    expect(new Set(streams.map(({ streamId }) => streamId)).size).toBe(1);
    expect(shown().map(({ text }) => answerIn(text))).toEqual(['答案']);
    expect(model.asked).toHaveLength(1);
  });

  it('asked for a finished or an unknown stream says that it has ended, with text', async () => {
    const { sim, ask, answered, shown, until, pass, settled } = await begin('bot-webhook');
    const message = ask('你好');
    await answered();
    await until(() => shown()[0]?.stream?.state === 'finished', 'it is fetched');
    await pass(60_000);
    for (const id of [shown()[0]?.stream?.streamId ?? '', '0'.repeat(32), 'somebody-else’s']) {
      const { delivery, reply } = await settled(sim.refreshStream(message, id));
      expect(delivery.state).toBe('delivered');
      const stream = isObject(reply?.['stream']) ? reply['stream'] : {};
      expect(stream).toMatchObject({ id, finish: true });
      expect(String(stream['content']).trim()).not.toBe('');
    }
    expect(answerIn(shown()[0]?.text ?? '')).toBe('ok');
    expect(sim.refused()).toEqual([]);
  });

  it('uses the response_url only for what the stream could not carry', async () => {
    const { sim, model, ask, answered, shown, until } = await begin('bot-webhook');
    const byResponseUrl = (): number => sim.calls().filter(({ api }) => api === 'aibot.response').length;
    ask('短一点');
    await answered();
    await until(() => shown()[0]?.stream?.state === 'finished', 'it is fetched');
    expect(byResponseUrl()).toBe(0);
    // More than the 20,480 bytes of one bubble.
    const long = Array.from({ length: 290 }, (_, index) => `${sentence(index)}\n\n`)
      .join('')
      .trimEnd();
    model.answerWith(saying(long));
    ask('长一点');
    await answered();
    await until(() => shown().every(({ stream }) => stream?.state !== 'streaming'), 'it is fetched');
    expect(byResponseUrl()).toBe(1);
    const text = shown()
      .slice(1)
      .map((message) => message.text)
      .join('');
    for (let index = 0; index < 290; index += 1) expect(text).toContain(sentence(index));
    expect(sim.refused()).toEqual([]);
  });
});
