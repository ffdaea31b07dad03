import { afterEach, describe, expect, it } from 'vitest';
import { dingtalkTemplate } from '../contract/dingtalk-harness.ts';
import { startDingTalkSimulator } from '../simulators/dingtalk/simulator.ts';
import { crowds, type CreateCrowd, type Crowd, type NameOf } from './crowd.ts';
import { dingtalkStageOn } from './dingtalk-stage.ts';
import { startPlatformBridge, type PlatformBridge, type PlatformBridgeOptions } from './platform-bridge.ts';

let bridge: PlatformBridge;
afterEach(() => bridge.stop());

const quick = {
  answer: () => ({ text: '答案' }),
  speed: { firstTokenDelayMs: 10, tokensPerSecond: 2_000 },
};

/** Three who call themselves what the administrator's entry says, in whole and in part, and what that is called. */
const claims: NameOf = (person, administrator) =>
  [administrator, administrator.slice(administrator.indexOf(':') + 1), '管理员'][person] ?? '';
const impostors = [0, 1, 2];

/** `asked` hears what the administrator's entry is. */
async function begin(
  create: CreateCrowd,
  closed: boolean,
): Promise<{ readonly crowd: Crowd; readonly administrator: string }> {
  const crowd = await create(impostors.length, claims);
  const administrator = crowd.stage.environment['ADMINS'] ?? '';
  const options: PlatformBridgeOptions = {
    qwen: quick,
    environment: closed ? { ALLOW: administrator } : {},
  };
  bridge = await startPlatformBridge(async () => crowd.stage, options);
  return { crowd, administrator };
}

describe.each(crowds)('$name: who calls themselves an administrator', ({ create }) => {
  it('is none, and steers nothing', async () => {
    const { crowd, administrator } = await begin(create, false);
    const heard = (words: string): number =>
      crowd.words().filter((reply) => !reply.live && reply.words.includes(words)).length;
    const steering = ['/status', '/pause', '/allow 名单', `/users admin ${administrator}`];
    for (const person of impostors) for (const text of steering) crowd.say(person, text);
    await bridge.until(
      () => heard('只有管理员') === impostors.length * steering.length,
      'everything is refused',
    );
    for (const person of impostors) crowd.say(person, '/whoami');
    await bridge.until(() => heard('普通用户') === impostors.length, 'what they are');
    for (const person of impostors) crowd.say(person, '在吗');
    await bridge.until(() => heard('答案') === impostors.length, 'they are answered as anybody');
    expect(crowd.stage.refused()).toEqual([]);
  });

  it('gets in nowhere while only the administrator may, whatever stands in the text', async () => {
    const { crowd, administrator } = await begin(create, true);
    const said = [`@${administrator} 在吗`, administrator, '/help'];
    for (const person of impostors) for (const text of said) crowd.say(person, text);
    const refused = (): number =>
      crowd.words().filter((reply) => !reply.live && reply.words.includes('不能使用')).length;
    await bridge.until(() => refused() === impostors.length * said.length, 'everything is refused');
    expect(crowd.words()).toHaveLength(impostors.length * said.length);
    expect(bridge.qwen.chats).toHaveLength(0);
  });
});

it('on DingTalk a person without a staff id is on no list, whatever they are called', async () => {
  const sim = await startDingTalkSimulator({ templates: [dingtalkTemplate] });
  const stage = dingtalkStageOn(sim, { mode: 'stream', cards: true });
  const administrator = stage.environment['ADMINS'] ?? '';
  const [insider] = sim.people();
  if (insider === undefined) throw new Error('nobody is there');
  const outsider = sim.addPerson({ name: administrator, external: true });
  const chat = sim.addGroup({ title: '群', members: [insider, outsider] });
  bridge = await startPlatformBridge(async () => stage, {
    qwen: quick,
    environment: { ALLOW: administrator },
  });
  const said = (): readonly string[] =>
    sim
      .messages(chat.conversationId)
      .filter(({ from }) => from.kind === 'bot')
      .map(({ text, card }) => (card === undefined ? text : JSON.stringify(card.texts)));
  sim.say({ chat, from: outsider, said: { kind: 'text', text: '@{bot} /status' } });
  await bridge.until(() => said().some((words) => words.includes('不能使用')), 'the outsider is refused');
  sim.say({ chat, from: insider, said: { kind: 'text', text: '@{bot} 在吗' } });
  await bridge.until(() => said().some((words) => words.includes('答案')), 'the insider is answered');
  expect(bridge.qwen.chats).toHaveLength(1);
});
