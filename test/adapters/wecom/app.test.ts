import { describe, expect, it } from 'vitest';
import type { ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import { createAnswerText } from '../../../src/reply/answer-text.ts';
import { opening } from '../../contract/stage.ts';
import { appKeys } from './keys.ts';
import { never } from '../shared/waiting.ts';
import { play, signedRequest, xmlEnvelope, type Played } from './support.ts';

const growing = (markdown: string): Snapshot => ({
  markdown,
  progress: '正在思考…（16 秒）',
  preview: markdown,
});
const ended = (markdown: string, part: Partial<Snapshot> = {}) =>
  ({ status: 'complete', snapshot: { markdown, preview: markdown, ...part } }) as const;

const shownIn = ({ sim, alice }: Played) =>
  sim.messages(sim.appChat(alice).chatId).filter(({ from }) => from.kind === 'bot');

async function openReply(played: Played, key = 'turn1-0'): Promise<ReplySink> {
  const { replyTarget: target } = await played.ask();
  return played.settled(played.adapter.openReply(opening({ target, key, first: growing('') }), never));
}

/** Cut into replies and sent as the core does it. */
async function answer({ adapter, ask }: Played, key: string, text: string): Promise<void> {
  const { replyTarget: target } = await ask();
  const parts = createAnswerText(adapter.capabilities);
  parts.append(text);
  for (const [index, share] of parts.shares().entries()) {
    const part = opening({ target, key: `${key}-${index}`, first: growing('') });
    const sink = await adapter.openReply(part, never);
    const { snapshot } = ended(adapter.render(parts.markdown(share), true));
    await sink.close({ status: share.end === undefined ? 'complete' : 'continued', snapshot }, never);
  }
}

const sentence = (index: number): string => `第 ${index} 句：把话说清楚，一个字也不能少，也不能只剩半个😀。`;
const longAnswer = (name: string): string => {
  let text = name;
  for (let index = 0; text.length < 12_000; index += 1)
    text += sentence(index) + (index % 7 === 6 ? '\n\n' : '');
  return text.trimEnd();
};

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('an answer by the self-built app', () => {
  it('of 12,000 characters arrives without losing or halving one, twice, below the silent limit', async () => {
    const played = await play({ integration: 'app' });
    const [one, other] = [longAnswer('甲'), longAnswer('乙')];
    await played.settled(Promise.all([answer(played, 'one', one), answer(played, 'two', other)]));
    const shown = shownIn(played);
    expect(shown.some(({ cut }) => cut)).toBe(false);
    expect(played.sim.calls().filter(({ unseen }) => unseen !== undefined)).toEqual([]);
    const characters = (texts: readonly string[]): string =>
      Array.from(texts.join('').replace(/\s/g, '')).sort().join('');
    expect(characters(shown.map(({ text }) => text))).toBe(characters([one, other]));
    expect(shown.map(({ text }) => text).join('')).not.toContain('\uFFFD');
    expect(shown.length).toBeGreaterThan(30);
  }, 60_000);

  it('that takes long is announced by one line, in the words of the core', async () => {
    const played = await play({ integration: 'app' });
    const sink = await openReply(played);
    for (let seconds = 0; seconds < 40; seconds += 1) {
      await played.settled(sink.update(() => growing(''), 'live', never));
      await played.pass(1_000);
    }
    await played.settled(sink.close(ended('好了'), never));
    expect(shownIn(played).map(({ text }) => text)).toEqual(['正在思考…（16 秒）', '好了']);
  });

  it('that comes soon is the only message', async () => {
    const played = await play({ integration: 'app' });
    const sink = await openReply(played);
    await played.settled(sink.update(() => growing('一'), 'first', never));
    await played.settled(sink.close(ended('一二', { footer: '完' }), never));
    expect(shownIn(played).map(({ text }) => text)).toEqual(['一二\n\n> 完']);
  });

  it('is shown again when it is the same again, but once when only its answer was lost', async () => {
    const played = await play({ integration: 'app' });
    for (const key of ['turn1-0', 'turn2-0']) {
      const sink = await openReply(played, key);
      await played.settled(sink.close(ended('帮助'), never));
    }
    expect(shownIn(played).length).toBe(2);
    const sink = await openReply(played, 'turn3-0');
    played.sim.fault('message.send', { kind: 'drop-after' });
    await expect(played.settled(sink.close(ended('新的'), never))).rejects.toMatchObject({ sent: 'maybe' });
    await played.settled(sink.close(ended('新的'), never));
    expect(shownIn(played).map(({ text }) => text)).toEqual(['帮助', '帮助', '新的']);
  });
});

it('a sentence of ours that was said before a restart is said again after it, once for each reply', async () => {
  const played = await play({ integration: 'app' });
  const { replyTarget: target } = await played.ask();
  const say = (key: string): Promise<ReplySink> => {
    const words = opening({ target, key, first: ended('维护中').snapshot, whole: 'complete' });
    return played.settled(played.adapter.openReply(words, never));
  };
  const first = await say('turn1-0');
  const taken = { ...(first.handle as object), closed: false } as unknown as typeof first.handle;
  const resumed = await played.settled(played.adapter.resumeReply(taken, never));
  await played.settled(resumed.close(ended('维护中'), never));
  await say('turn2-0');
  const seen = shownIn(played).map(({ text }) => text.replace(/[\u200B\u200C]/g, ''));
  expect(seen).toEqual(['维护中', '维护中']);
});

describe('the app’s API', () => {
  it.for([40014, 42001] as const)(
    'is asked again with a fresh token when it refuses one with %i',
    async (code) => {
      const played = await play({ integration: 'app', options: { rules: { expiredTokenCode: code } } });
      const sink = await openReply(played);
      played.sim.revokeTokens();
      await played.settled(sink.close(ended('好'), never));
      expect(shownIn(played).map(({ text }) => text)).toEqual(['好']);
    },
  );

  it('is asked for one token however many need it', async () => {
    const played = await play({ integration: 'app' });
    const sinks = await Promise.all(['a', 'b', 'c'].map((key) => openReply(played, key)));
    await played.settled(Promise.all(sinks.map((sink, index) => sink.close(ended(`答 ${index}`), never))));
    expect(played.sim.calls().filter(({ api }) => api === 'gettoken').length).toBe(1);
  });

  it('that does not trust our address is named with the address to allow, until it does', async () => {
    const played = await play({ integration: 'app' });
    const sink = await openReply(played);
    played.sim.trustAddress(false);
    await expect(played.settled(sink.close(ended('好'), never))).rejects.toMatchObject({
      code: 'forbidden',
      platformCode: '60020 from 127.0.0.1',
    });
    expect(played.adapter.health()).toMatchObject({
      state: 'failed',
      detail: expect.stringContaining('127.0.0.1'),
    });
    const checks = await played.settled(all(played.adapter.probe(never)));
    expect(checks.find(({ code }) => code === 'permission')).toMatchObject({
      state: 'failed',
      evidence: 'forbidden 60020 from 127.0.0.1',
    });
    played.sim.trustAddress(true);
    await played.settled(sink.close(ended('好'), never));
    expect(played.adapter.health().state).toBe('up');
  });
});

describe('the address of the app’s callbacks', () => {
  it('is verified by the bare text', async () => {
    const played = await play({ integration: 'app' });
    const check = await played.settled(played.sim.checkAppUrl(`${played.url}/webhooks/wecom/agent`));
    expect(check).toBe('verified');
  });

  it('answers a message empty, and refuses other companies, document types and forgeries alike', async () => {
    const played = await play({ integration: 'app' });
    const keys = appKeys(played.sim);
    const [route] = played.adapter.webhooks;
    const handle = async (request: ReturnType<typeof signedRequest>) => {
      if (route === undefined) throw new Error('no webhook');
      return played.settled(route.handle(request));
    };
    const xml = (corp: string, head = ''): string =>
      `${head}<xml><ToUserName><![CDATA[${corp}]]></ToUserName><FromUserName><![CDATA[XiaoLi]]></FromUserName><CreateTime>1767225600</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>7400000000000000123</MsgId></xml>`;
    const accepted = await handle(signedRequest(xml(keys.receiveId), keys, xmlEnvelope));
    expect([accepted.status, accepted.body ?? '']).toEqual([200, '']);
    expect(played.events).toMatchObject([
      { type: 'message', eventKey: 'message:7400000000000000123', text: '你好' },
    ]);
    const refused = [
      signedRequest(xml('wwother'), keys, xmlEnvelope),
      signedRequest(xml(keys.receiveId), { ...keys, receiveId: 'wwother' }, xmlEnvelope),
      signedRequest(xml(keys.receiveId, '<!DOCTYPE xml>'), keys, xmlEnvelope),
      signedRequest(xml(keys.receiveId), keys, (encrypted) => `<!DOCTYPE a>${xmlEnvelope(encrypted)}`),
      signedRequest(xml(keys.receiveId), { ...keys, token: 'other' }, xmlEnvelope),
    ];
    const answers = [];
    for (const request of refused) answers.push(JSON.stringify(await handle(request)));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('"status":401');
    expect(played.events.length).toBe(1);
  });
});
