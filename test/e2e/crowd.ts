import { toShown as toShownInWeCom } from '../contract/wecom-messages.ts';
import type { ShownReply } from '../contract/harness.ts';
import { dingtalkTemplate, type DingTalkSetting } from '../contract/dingtalk-harness.ts';
import type { WeComIntegration } from '../contract/wecom-integration.ts';
import { startDingTalkSimulator } from '../simulators/dingtalk/simulator.ts';
import { dingtalkStageOn } from './dingtalk-stage.ts';
import { feishuStageOn, startRealTimeFeishu } from './feishu-stage.ts';
import type { Stage } from './stage.ts';
import { createWeComStage, startRealTimeWeCom } from './wecom-stages.ts';

/**
 * Many people in one group; in WeCom each of them in a chat of their own, for an app hears no groups, and thirty calls a
 * minute are all that one group gets.
 */
export type Crowd = {
  readonly stage: Stage;
  /** The person of this number says it to the bot. */
  say(person: number, text: string): void;
  /** What stands there of the bot as a person reads it, in no particular order. */
  words(): readonly Pick<ShownReply, 'words' | 'live'>[];
};

export type CreateCrowd = (people: number) => Promise<Crowd>;

const each = <Made>(people: number, make: (person: number) => Made): readonly Made[] =>
  Array.from({ length: people }, (_, person) => make(person));

function nth<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`nobody has the number ${index}`);
  return item;
}

export const feishuCrowd =
  (mode: 'ws' | 'webhook'): CreateCrowd =>
  async (people) => {
    const sim = await startRealTimeFeishu();
    const stage = feishuStageOn(sim, mode);
    const members = each(people, (person) => sim.addUser({ name: `同事 ${person}` }));
    const chat = sim.addChat({ kind: 'group', name: '全员群', members });
    return {
      stage,
      say(person, text) {
        sim.say({ chat, from: nth(members, person), said: { kind: 'text', text: `@{bot} ${text}` } });
      },
      words: () =>
        sim
          .messages(chat.chatId)
          .filter(({ from }) => from.kind === 'bot')
          .map(({ content, card }) => ({
            words: card === undefined ? content : JSON.stringify(card.texts),
            live: card?.streaming === true,
          })),
    };
  };

export const dingtalkCrowd =
  (setting: DingTalkSetting): CreateCrowd =>
  async (people) => {
    const rules = { callbackTimes: 'distinct' } as const;
    const sim = await startDingTalkSimulator({ templates: [dingtalkTemplate], rules });
    const stage = dingtalkStageOn(sim, setting);
    const members = each(people, (person) => sim.addPerson({ name: `同事 ${person}` }));
    const chat = sim.addGroup({ title: '全员群', members });
    return {
      stage,
      say(person, text) {
        sim.say({ chat, from: nth(members, person), said: { kind: 'text', text: `@{bot} ${text}` } });
      },
      words: () =>
        sim
          .messages(chat.conversationId)
          .filter(({ from }) => from.kind === 'bot')
          .map(({ text, card }) => ({
            words: card === undefined ? text : JSON.stringify(card.texts),
            // Its last text is there a moment before what stands beside it.
            live: card !== undefined && (!card.finalised || (card.texts['progress'] ?? '') !== ''),
          })),
    };
  };

export const wecomCrowd =
  (integration: WeComIntegration): CreateCrowd =>
  async (people) => {
    const sim = await startRealTimeWeCom();
    const stage = createWeComStage(sim, integration);
    const members = each(people, (person) =>
      sim.addUser({ name: `同事${person}`, userId: `person${person}` }),
    );
    const chats = members.map((member) =>
      integration === 'app' ? sim.appChat(member) : sim.directChat(member),
    );
    return {
      stage,
      say(person, text) {
        sim.say({ chat: nth(chats, person), from: nth(members, person), said: { kind: 'text', text } });
      },
      words: () =>
        chats
          .flatMap(({ chatId }) => sim.messages(chatId))
          .filter(({ from }) => from.kind === 'bot')
          .map(toShownInWeCom),
    };
  };
