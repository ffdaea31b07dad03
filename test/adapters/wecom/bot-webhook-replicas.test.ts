import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Adapter } from '../../../src/contract/adapter.ts';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import type { ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import type { SharedValues } from '../../../src/contract/replicas.ts';
import { createLocalShared } from '../../../src/store/shared.ts';
import { wecomFactories } from '../../../adapters/wecom/index.ts';
import { createStreams, TAKING_UP_MS } from '../../../adapters/wecom/bot-webhook/streams.ts';
import { words } from '../../../adapters/wecom/words.ts';
import { createSurroundings, socketPace, type Surroundings } from '../../contract/surroundings.ts';
import { opening } from '../../contract/stage.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { serveWebhooks } from '../../contract/webhook-server.ts';
import { startWeComSimulator, type WeComSimulator } from '../../simulators/wecom/simulator.ts';
import type { SimUser } from '../../simulators/wecom/world-types.ts';
import { never } from '../shared/waiting.ts';

const growing = (markdown: string): Snapshot => ({ markdown, progress: '正在思考…', preview: markdown });
const ended = (markdown: string) =>
  ({ status: 'complete', snapshot: { markdown, preview: markdown } }) as const;

let surroundings: Surroundings;
let sim: WeComSimulator;
let alice: SimUser;
/** Two replicas behind one address; `front` says which one answers the next request. */
let replicas: readonly [Adapter, Adapter];
let front: 0 | 1;
let shared: SharedValues;
let broken: boolean;
const messages: InboundMessage[] = [];
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  surroundings = createSurroundings({ ...socketPace, patienceMs: 1_800_000 });
  const { clock, deps } = surroundings;
  sim = await startWeComSimulator({ clock });
  alice = sim.addUser({ name: '小丽', userId: 'XiaoLi' });
  messages.splice(0);
  front = 0;
  broken = false;
  const memory = createLocalShared(clock);
  const gone = Promise.reject(new Error('the database is gone'));
  gone.catch(() => undefined);
  shared = {
    several: true,
    put: (...given) => (broken ? gone : memory.put(...given)),
    get: (key) => (broken ? gone : memory.get(key)),
  };
  const seen = new Set<string>();
  const create = async (): Promise<Adapter> => {
    const plan = wecomFactories
      .map((factory) =>
        factory.plan({
          WECOM_BOT_TOKEN: sim.corp.botToken,
          WECOM_BOT_ENCODING_AES_KEY: sim.corp.botEncodingAesKey,
          WECOM_BASE_URL: sim.url,
        }),
      )
      .find(({ state }) => state !== 'off');
    if (plan?.state !== 'ready') throw new Error('not configured');
    const adapter = await plan.create({ ...deps, shared });
    await adapter.start(async (event) => {
      if (event.type !== 'message') return { outcome: 'ignored' };
      if (seen.has(event.eventKey)) return { outcome: 'duplicate' };
      seen.add(event.eventKey);
      messages.push(event);
      return { outcome: 'accepted' };
    });
    return adapter;
  };
  replicas = [await create(), await create()];
  const [first, second] = replicas.map(({ webhooks }) => webhooks[0]);
  if (first === undefined || second === undefined) throw new Error('no webhook');
  const route = {
    ...first,
    handle: (request: Parameters<typeof first.handle>[0]) => (front === 0 ? first : second).handle(request),
  };
  const server = await serveWebhooks({ ...replicas[0], webhooks: [route] });
  sim.useBotWebhook(`${server.url}/webhooks/wecom/bot`);
  ends.push(
    () => sim.stop(),
    () => server.stop(),
    () => surroundings.stop(),
  );
  for (const replica of replicas) ends.push(() => replica.stop());
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const shown = () => sim.messages(sim.directChat(alice).chatId).filter(({ from }) => from.kind === 'bot');
const text = (): string | undefined => shown()[0]?.text;

/** A question to the first replica, which opens its reply; what WeCom asks from then on comes to the second. */
async function asked(): Promise<ReplySink> {
  sim.say({ chat: sim.directChat(alice), from: alice, said: { kind: 'text', text: '你好' } });
  await surroundings.until(() => messages.length > 0, 'the message arrives');
  const target = messages[0]?.replyTarget;
  if (target === undefined) throw new Error('no target');
  const sink = await surroundings.settled(
    replicas[0].openReply(opening({ target, key: 'turn1-0', first: growing('') }), never),
  );
  await surroundings.until(() => shown().length === 1, 'the bubble is there');
  front = 1;
  return sink;
}

describe('a stream of one replica', () => {
  it('grows and ends through another one, and stays ended', async () => {
    const sink = await asked();
    await surroundings.settled(sink.update(() => growing('第一句'), 'first', never));
    await surroundings.until(() => text() === '第一句', 'the first words are shown');
    await surroundings.settled(sink.update(() => growing('第一句，第二句'), 'live', never));
    await surroundings.until(() => text() === '第一句，第二句', 'more is shown');
    // Resolves only once WeCom has the end.
    await surroundings.settled(sink.close(ended('第一句，第二句。'), never));
    await surroundings.until(() => text() === '第一句，第二句。', 'the end is shown');
    expect(shown()[0]?.stream?.state).toBe('finished');
    await surroundings.pass(60_000);
    expect(shown()).toHaveLength(1);
    expect(sim.refused()).toEqual([]);
  });

  it('is not called ended while nobody can be asked for it', async () => {
    const sink = await asked();
    broken = true;
    await surroundings.pass(5_000);
    expect(shown()[0]?.stream?.state).not.toBe('finished');
    broken = false;
    await surroundings.settled(sink.close(ended('答案'), never));
    await surroundings.until(() => text() === '答案', 'the end is shown');
  });

  it('that another one takes up is shown by that one, whichever is asked', async () => {
    const sink = await asked();
    await surroundings.settled(sink.update(() => growing('一半'), 'first', never));
    await surroundings.until(() => text() === '一半', 'the first words are shown');
    // The first replica stands still from here on; the second one continues.
    const taken = await surroundings.settled(replicas[1].resumeReply(sink.handle, never));
    await surroundings.pass(1_500);
    expect(text()).toBe('一半');
    await surroundings.settled(taken.update(() => growing('一半，另一半'), 'live', never));
    await surroundings.until(() => text() === '一半，另一半', 'it goes on');
    front = 0;
    await surroundings.pass(4_000);
    await surroundings.settled(taken.close(ended('一半，另一半。'), never));
    await surroundings.until(() => text() === '一半，另一半。', 'the end is shown');
    expect(shown()).toHaveLength(1);
  });

  it('that nobody knows ends with a sentence, as ever', async () => {
    await asked();
    Object.assign(shared, { get: async () => undefined });
    await surroundings.pass(25_000);
    await surroundings.until(() => text() === words.endedStream, 'it ends with a sentence');
  });
});

it('a stream that nobody knows goes on while it may still be taken up, and has ended after that', async () => {
  const clock = createFakeClock();
  const streams = createStreams(clock, 330_000, () => undefined, TAKING_UP_MS);
  // Long after the start, too: another replica may have died with it a moment ago.
  await clock.advance(10 * TAKING_UP_MS);
  expect(streams.bury('f'.repeat(32))).toMatchObject({ finish: false });
  await clock.advance(TAKING_UP_MS);
  expect(streams.bury('f'.repeat(32))).toMatchObject({ finish: true, content: expect.stringMatching(/\S/) });
});
