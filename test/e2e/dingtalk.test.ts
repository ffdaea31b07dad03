import { afterEach, describe, expect, it } from 'vitest';
import { dingtalkTemplate } from '../contract/dingtalk-harness.ts';
import type { DingTalkSimulatorOptions } from '../simulators/dingtalk/options.ts';
import { startDingTalkSimulator, type DingTalkSimulator } from '../simulators/dingtalk/simulator.ts';
import type { MessageView } from '../simulators/dingtalk/views.ts';
import type { SimChat } from '../simulators/dingtalk/world-types.ts';
import { dingtalkStageOn } from './dingtalk-stage.ts';
import { startPlatformBridge, type PlatformBridge } from './platform-bridge.ts';

const answer = '答案：**四十二**，一字不少。';
/** At 200 tokens a second some four seconds of text. */
const story = Array.from({ length: 160 }, (_, index) => `第${index}句。`).join('');

let bridge: PlatformBridge;
afterEach(() => bridge.stop());

async function begin(
  options: DingTalkSimulatorOptions & { readonly cards?: boolean; readonly says?: string } = {},
): Promise<PlatformBridge & { readonly sim: DingTalkSimulator }> {
  const { cards = true, says = answer, ...rest } = options;
  const sim = await startDingTalkSimulator({ templates: [dingtalkTemplate], ...rest });
  const stage = dingtalkStageOn(sim, { mode: 'stream', cards });
  bridge = await startPlatformBridge(() => Promise.resolve(stage), {
    qwen: { answer: () => ({ text: says }) },
  });
  return { ...bridge, sim };
}

const shownIn = (sim: DingTalkSimulator, chat: SimChat): readonly MessageView[] =>
  sim.messages(chat.conversationId).filter(({ from }) => from.kind === 'bot');
const viaOf = ({ from }: MessageView): string => (from.kind === 'bot' ? from.via : '');
const cardCalls = (sim: DingTalkSimulator): number =>
  sim.calls().filter(({ api }) => api.startsWith('card.')).length;

/** What an administrator is told in the direct chat. */
async function statusOf({ stage, closed, until }: PlatformBridge): Promise<string> {
  const before = (await stage.replies('direct')).length;
  stage.say({ where: 'direct', text: '/status' });
  await until(async () => (await stage.replies('direct')).length > before, 'the state is told');
  return (await closed(before + 1, 'direct')).at(-1)?.words ?? '';
}

describe('DingTalk, when the month’s calls are used up', () => {
  it('before an answer: it comes once as Markdown, no more cards are tried, and /status says why', async () => {
    const { stage, closed, sim } = await begin({ limits: { callsPerMonth: 0 } });
    stage.say({ where: 'group', text: '多少？' });
    const [reply] = await closed(1);
    expect(reply?.text).toContain(answer);
    expect(sim.refused().map(({ code }) => code)).toContain('Forbidden.AccessDenied.ApiCountLimitForOrg');
    const status = await statusOf(bridge);
    expect(status).toContain('ApiCountLimitForOrg');
    expect(status).toContain('只发最终回答');
    const calls = cardCalls(sim);
    stage.say({ where: 'group', text: '还有呢？' });
    const replies = await closed(2);
    expect(replies.map(({ text }) => text.includes(answer))).toEqual([true, true]);
    expect(cardCalls(sim)).toBe(calls);
  });

  it('in the middle of an answer: all of it comes as Markdown, and edits stop', async () => {
    const { stage, until, sim } = await begin({ says: story, limits: { callsPerMonth: 4 } });
    stage.say({ where: 'group', text: '讲个故事' });
    await until(
      async () => (await stage.replies('group')).some(({ text, live }) => !live && text.includes(story)),
      'the whole answer',
    );
    expect((await stage.replies('group')).filter(({ text }) => text.includes(story))).toHaveLength(1);
    const calls = cardCalls(sim);
    stage.say({ where: 'group', text: '再来一个' });
    await until(
      async () => (await stage.replies('group')).filter(({ text }) => text.includes(story)).length === 2,
      'the next one',
    );
    expect(cardCalls(sim)).toBe(calls);
  });
});

describe('DingTalk, when', () => {
  it('pushes come without content since the month’s are used up: nothing breaks, and /status says so', async () => {
    const { stage, closed, service, until, sim } = await begin();
    const [asker] = sim.people();
    if (asker === undefined) throw new Error('nobody');
    sim.say({
      chat: sim.directChat(asker),
      from: asker,
      said: { kind: 'raw', msgtype: 'text', body: { errorCode: 20001, errorMessage: '推送量已超过上限' } },
    });
    await until(() => stage.settled(), 'it is taken');
    expect(await statusOf(bridge)).toContain('20001');
    stage.say({ where: 'group', text: '还在吗' });
    expect((await closed(1))[0]?.text).toContain(answer);
    expect(service.errors()).toBe('');
  });

  it('somebody from another company asks, who has no user id: the answer comes by the session', async () => {
    const { until, sim, qwen } = await begin();
    const guest = sim.addPerson({ name: '客人', external: true });
    const chat = sim.directChat(guest);
    sim.say({ chat, from: guest, said: { kind: 'text', text: '你好' } });
    await until(() => shownIn(sim, chat).length > 0, 'an answer');
    expect(shownIn(sim, chat).map((shown) => [viaOf(shown), shown.text.includes(answer)])).toEqual([
      ['session-webhook', true],
    ]);
    expect(qwen.chats).toHaveLength(1);
    expect(sim.refused()).toEqual([]);
  });

  it.each([
    ['runs out before the answer', { limits: { sessionWebhookMs: 10_000 } }, false],
    ['is forgotten by the platform', {}, true],
  ] as const)('the session %s: the robot sends it, once', async (_, options, forgotten) => {
    const { stage, closed, sim } = await begin({ cards: false, ...options });
    if (forgotten) sim.fault('robot.sendBySession', { kind: 'errcode', errcode: 300001 }, 10);
    stage.say({ where: 'group', text: '多少？' });
    const [reply] = await closed(1);
    expect(reply?.text).toContain(answer);
    const [group] = sim.chats().filter(({ kind }) => kind === 'group');
    if (group === undefined) throw new Error('no group');
    expect(shownIn(sim, group).map(viaOf)).toEqual(['robot-api']);
  });

  it('the card template is not published: the answer comes once as Markdown, and /status says why', async () => {
    const templates = [{ ...dingtalkTemplate, state: 'unpublished' as const }];
    const { stage, closed, sim } = await begin({ templates });
    stage.say({ where: 'group', text: '多少？' });
    const replies = await closed(1);
    expect(replies.map(({ text }) => text.includes(answer))).toEqual([true]);
    expect(await statusOf(bridge)).toContain('templateUnpublished');
    const calls = cardCalls(sim);
    stage.say({ where: 'group', text: '还有呢？' });
    expect(await closed(2)).toHaveLength(2);
    expect(cardCalls(sim)).toBe(calls);
  });

  it('no template is set: /status says why there is no live text', async () => {
    await begin({ cards: false });
    expect(await statusOf(bridge)).toContain('DINGTALK_CARD_TEMPLATE_ID');
  });

  it('the content filter refuses an answer: the asker is told, in one closed reply', async () => {
    const { stage, closed } = await begin({ unsafeWords: ['四十二'] });
    stage.say({ where: 'group', text: '多少？' });
    const replies = await closed(1);
    expect(replies).toHaveLength(1);
    expect(replies[0]?.words).toMatch(/拒绝|审核|拦/);
    expect(replies[0]?.words).not.toContain('四十二');
  });
});
