import { describe, expect, it } from 'vitest';
import type { WebhookResponse } from '../../../src/contract/adapter.ts';
import type { ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import { decryptText, readAesKey, signatureOf } from '../../../adapters/wecom/callback/crypto.ts';
import { opening } from '../../contract/stage.ts';
import { botKeys } from './keys.ts';
import { never } from '../shared/waiting.ts';
import { play, signedRequest, type Played } from './support.ts';

const growing = (markdown: string): Snapshot => ({ markdown, progress: '正在思考…', preview: markdown });
const ended = (markdown: string, part: Partial<Snapshot> = {}) =>
  ({ status: 'complete', snapshot: { markdown, preview: markdown, ...part } }) as const;

const shownIn = ({ sim, alice }: Played) =>
  sim.messages(sim.directChat(alice).chatId).filter(({ from }) => from.kind === 'bot');

async function openReply(played: Played, key = 'turn1-0'): Promise<ReplySink> {
  const { replyTarget: target } = await played.ask();
  return played.settled(played.adapter.openReply(opening({ target, key, first: growing('') }), never));
}

type Answer = { encrypt: string; msgsignature: string; timestamp: number; nonce: string };

/** Posts a callback to the adapter itself and gives the frame it answers with. */
async function post(played: Played, body: object): Promise<{ response: WebhookResponse; frame: unknown }> {
  const keys = botKeys(played.sim);
  const [route] = played.adapter.webhooks;
  if (route === undefined) throw new Error('no webhook');
  const response = await played.settled(route.handle(signedRequest(JSON.stringify(body), keys)));
  const answer = JSON.parse(String(response.body ?? 'null')) as Answer | null;
  if (answer === null) return { response, frame: undefined };
  const { encrypt, msgsignature, timestamp, nonce } = answer;
  expect(msgsignature).toBe(signatureOf(keys.token, String(timestamp), nonce, encrypt));
  const text = decryptText(encrypt, readAesKey(keys.encodingAesKey) ?? Buffer.alloc(0), '');
  return { response, frame: JSON.parse(text ?? 'null') };
}

const message = (msgid: string, userid = 'XiaoLi') => ({
  msgid,
  aibotid: 'aib1',
  chattype: 'single',
  from: { userid },
  msgtype: 'text',
  text: { content: '你好' },
});

describe('the address of the bot’s callbacks', () => {
  it('is verified by the bare text', async () => {
    const played = await play({ integration: 'bot-webhook' });
    const check = await played.settled(played.sim.checkBotUrl(`${played.url}/webhooks/wecom/bot`));
    expect(check).toBe('verified');
  });

  it('answers a message with a stream within 1.5 s, and its repetitions with the same one', async () => {
    const seen = new Set<string>();
    const played = await play({
      integration: 'bot-webhook',
      inbox: async (event) => {
        if (event.type !== 'message') return { outcome: 'ignored' };
        const known = seen.has(event.eventKey);
        seen.add(event.eventKey);
        return { outcome: known ? 'duplicate' : 'accepted' };
      },
    });
    const before = played.clock.now().getTime();
    const { frame } = await post(played, message('M1'));
    expect(played.clock.now().getTime() - before).toBeLessThanOrEqual(1_500);
    expect(frame).toMatchObject({ msgtype: 'stream', stream: { finish: false } });
    const again = await post(played, message('M1'));
    const other = await post(played, message('M2'));
    const idOf = (answer: unknown): unknown => (answer as { stream: { id: string } }).stream.id;
    expect(idOf(again.frame)).toBe(idOf(frame));
    expect(idOf(other.frame)).not.toBe(idOf(frame));
  });

  it('answers with the words of a reply that is open by then, and a whole one finished', async () => {
    const played = await play({
      integration: 'bot-webhook',
      inbox: async (event) => {
        if (event.type === 'message') {
          const target = event.replyTarget;
          const whole =
            event.text === '/help' ? { whole: 'complete' as const, first: ended('帮助').snapshot } : {};
          void played.adapter.openReply(
            opening({ target, key: 'turn1-0', first: growing(''), ...whole }),
            never,
          );
        }
        return { outcome: 'accepted' };
      },
    });
    const { frame } = await post(played, message('M1'));
    expect(frame).toMatchObject({
      stream: { finish: false, content: '正在思考…', feedback: { id: 'turn1-0' } },
    });
    const { frame: help } = await post(played, { ...message('M2'), text: { content: '/help' } });
    expect(help).toMatchObject({ stream: { finish: true, content: '帮助' } });
  });

  it('answers an unknown stream as finished, with words', async () => {
    const played = await play({ integration: 'bot-webhook' });
    for (const id of ['STREAM-NOBODY-KNOWS', 'f'.repeat(32)]) {
      const { frame } = await post(played, { ...message('P1'), msgtype: 'stream', stream: { id } });
      expect(frame).toMatchObject({ stream: { id, finish: true, content: expect.stringMatching(/\S/) } });
    }
  });

  it('does not take what could not be stored, so that it comes again', async () => {
    const played = await play({
      integration: 'bot-webhook',
      inbox: () => Promise.reject(new Error('the disk is full')),
    });
    expect((await post(played, message('M1'))).response.status).toBe(503);
  });

  it('answers everything that is not genuine in one way', async () => {
    const played = await play({ integration: 'bot-webhook' });
    const keys = botKeys(played.sim);
    const [route] = played.adapter.webhooks;
    const genuine = signedRequest(JSON.stringify(message('M1')), keys);
    const otherKey = signedRequest(JSON.stringify(message('M1')), {
      ...keys,
      encodingAesKey: 'A'.repeat(43),
    });
    const requests = [
      { ...genuine, query: new URLSearchParams() },
      { ...genuine, body: Buffer.from('{"encrypt":"AAAA"}') },
      { ...genuine, body: Buffer.from('not json') },
      otherKey,
      signedRequest('not json', keys),
      { ...genuine, method: 'GET' as const },
    ];
    const answers = await Promise.all(
      requests.map((request) => played.settled(route?.handle(request) ?? Promise.reject(new Error()))),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
    expect(played.events).toEqual([]);
  });

  it('welcomes who comes by the answer to their coming', async () => {
    const played = await play({
      integration: 'bot-webhook',
      inbox: async (event) => {
        if (event.type === 'joined')
          void played.adapter.send(event.address, { markdown: '你好，我是小桥', preview: '' }, 'k', never);
        return { outcome: 'accepted' };
      },
    });
    await played.settled(Promise.resolve(played.sim.enterChat(played.alice)));
    await played.until(() => shownIn(played).length > 0, 'the welcome is shown');
    expect(shownIn(played).map(({ text }) => text)).toEqual(['你好，我是小桥']);
  });
});

describe('a reply by webhook', () => {
  it('grows as WeCom asks for it, and ends', async () => {
    const played = await play({ integration: 'bot-webhook' });
    const sink = await openReply(played);
    for (const text of ['一', '一二', '一二三']) {
      await played.settled(sink.update(() => growing(text), 'live', never));
      await played.pass(1_100);
    }
    await played.settled(sink.close(ended('一二三。', { footer: '完' }), never));
    const [shown] = shownIn(played);
    const contents = shown?.stream?.history.map(({ content }) => content);
    expect(contents).toEqual(expect.arrayContaining(['一', '一二', '一二三', '一二三。\n\n> 完']));
    expect(shown?.stream?.state).toBe('finished');
    expect(played.sim.calls().some(({ api }) => api === 'aibot.response')).toBe(false);
  });

  it('that lasts longer than its stream is sealed in time, and goes on in the one further message', async () => {
    const played = await play({
      integration: 'bot-webhook',
      options: { limits: { pollWindowMs: 30_000 } },
      env: { WECOM_STREAM_LIFETIME_MS: '20000' },
    });
    const sink = await openReply(played);
    const until = played.clock.now().getTime() + 40_000;
    let text = '';
    while (played.clock.now().getTime() < until) {
      text += `第 ${text.length} 句。\n`;
      await sink.update(() => growing(text), 'live', never);
      await played.pass(2_000);
    }
    await played.settled(sink.close(ended(text), never));
    await played.settled(sink.close(ended(text), never));
    const [bubble, further, ...others] = shownIn(played);
    expect(bubble?.stream?.state).toBe('finished');
    expect(others).toEqual([]);
    expect(`${bubble?.text.replace(/\n*> ↓$/, '') ?? ''}\n${further?.text ?? ''}`.trimEnd()).toBe(
      text.trimEnd(),
    );
  }, 60_000);

  it('that ends when WeCom asks no more is sent as the further message', async () => {
    const played = await play({ integration: 'bot-webhook', options: { limits: { pollWindowMs: 2_000 } } });
    const sink = await openReply(played);
    await played.pass(6_000);
    await played.settled(sink.close(ended('等了很久'), never));
    for (let seconds = 0; seconds < 360; seconds += 5) await played.clock.advance(5_000);
    await played.until(() => shownIn(played).some(({ text }) => text === '等了很久'), 'it is shown');
    expect(played.sim.calls().filter(({ api }) => api === 'aibot.response').length).toBe(1);
  }, 60_000);

  it('too long for bubble and further message ends with a note', async () => {
    const played = await play({ integration: 'bot-webhook' });
    const { replyTarget: target } = await played.ask();
    const { adapter, settled } = played;
    const part = '长'.repeat(6_000);
    const status = 'continued';
    const first = await settled(
      adapter.openReply(opening({ target, key: 't-0', first: growing('') }), never),
    );
    await settled(first.close({ status, snapshot: ended(part).snapshot }, never));
    const second = await settled(
      adapter.openReply(opening({ target, key: 't-1', first: growing('') }), never),
    );
    await settled(second.close({ status, snapshot: ended(part).snapshot }, never));
    const third = adapter.openReply(opening({ target, key: 't-2', first: growing('') }), never);
    await expect(settled(third)).rejects.toMatchObject({ code: 'reply-closed' });
    const shown = shownIn(played);
    expect(shown.length).toBe(2);
    expect(shown[0]?.text).toBe(part);
    expect(shown[1]?.text.startsWith(part)).toBe(true);
    expect(shown[1]?.text).toMatch(/放不下/);
  });

  it('goes on after a restart from what is put back', async () => {
    const played = await play({ integration: 'bot-webhook' });
    const sink = await openReply(played);
    await played.settled(sink.update(() => growing('一'), 'first', never));
    await played.pass(1_100);
    const again = await play({ integration: 'bot-webhook', options: { corp: played.sim.corp } });
    const resumed = await played.settled(again.adapter.resumeReply(sink.handle, never));
    await played.settled(resumed.update(() => growing('一二'), 'first', never));
    played.sim.useBotWebhook(`${again.url}/webhooks/wecom/bot`);
    await played.pass(1_100);
    expect(shownIn(played).map(({ text }) => text)).toEqual(['一二']);
  });
});
