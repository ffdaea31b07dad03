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

/** What a person calls themselves; `administrator` is the entry of the one that `ADMINS` names. */
export type NameOf = (person: number, administrator: string) => string;

export type CreateCrowd = (people: number, nameOf?: NameOf) => Promise<Crowd>;

const colleague: NameOf = (person) => `同事 ${person}`;

const each = <Made>(people: number, make: (person: number) => Made): readonly Made[] =>
  Array.from({ length: people }, (_, person) => make(person));

function nth<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`nobody has the number ${index}`);
  return item;
}

const administrator = ({ environment }: Stage): string => environment['ADMINS'] ?? '';

const feishuCrowd =
  (mode: 'ws' | 'webhook'): CreateCrowd =>
  async (people, nameOf = colleague) => {
    const sim = await startRealTimeFeishu();
    const stage = feishuStageOn(sim, mode);
    const members = each(people, (person) => sim.addUser({ name: nameOf(person, administrator(stage)) }));
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

const dingtalkCrowd =
  (setting: DingTalkSetting): CreateCrowd =>
  async (people, nameOf = colleague) => {
    const rules = { callbackTimes: 'distinct' } as const;
    const sim = await startDingTalkSimulator({ templates: [dingtalkTemplate], rules });
    const stage = dingtalkStageOn(sim, setting);
    const members = each(people, (person) => sim.addPerson({ name: nameOf(person, administrator(stage)) }));
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

const wecomCrowd =
  (integration: WeComIntegration): CreateCrowd =>
  async (people, nameOf = colleague) => {
    const sim = await startRealTimeWeCom();
    const stage = createWeComStage(sim, integration);
    const members = each(people, (person) =>
      sim.addUser({ name: nameOf(person, administrator(stage)), userId: `person${person}` }),
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

/** Every way into every platform. */
export const crowds: readonly { readonly name: string; readonly create: CreateCrowd }[] = [
  { name: 'Feishu, long connection', create: feishuCrowd('ws') },
  { name: 'Feishu, webhook', create: feishuCrowd('webhook') },
  { name: 'DingTalk, Stream', create: dingtalkCrowd({ mode: 'stream', cards: true }) },
  {
    name: 'DingTalk, Stream, without a template',
    create: dingtalkCrowd({ mode: 'stream', cards: false }),
  },
  { name: 'DingTalk, HTTP callbacks', create: dingtalkCrowd({ mode: 'webhook', cards: true }) },
  { name: 'WeCom, AI bot, long connection', create: wecomCrowd('bot') },
  { name: 'WeCom, AI bot, webhook', create: wecomCrowd('bot-webhook') },
  { name: 'WeCom, self-built app', create: wecomCrowd('app') },
];
