import { dingtalkTemplate } from '../contract/dingtalk-harness.ts';
import { wecomEnvironment } from '../contract/wecom-integration.ts';
import type { SaidItem as DingTalkItem } from '../simulators/dingtalk/said.ts';
import { startDingTalkSimulator } from '../simulators/dingtalk/simulator.ts';
import type { SaidElement } from '../simulators/feishu/said.ts';
import { startFeishuSimulator } from '../simulators/feishu/simulator.ts';
import type { SaidItem as WeComItem } from '../simulators/wecom/said.ts';
import { startWeComSimulator } from '../simulators/wecom/simulator.ts';
import type { ServiceEnvironment } from '../support/service-process.ts';
import { trackReplies } from './soak-replies.ts';

/** One platform full of people. */
export type SoakPlatform = {
  readonly name: string;
  readonly environment: ServiceEnvironment;
  reachable(): boolean;
  say(said: SoakSaid): Spoken;
  /** Replies that look unfinished now. */
  open(): number;
  /** Calls refused by the platform's own rules. */
  refused(): readonly string[];
  stop(): Promise<void>;
};

/** Each person has a direct chat and is in one group of three; in the group the bot is mentioned. */
export type SoakSaid = {
  readonly person: number;
  readonly where: 'direct' | 'group';
  readonly text: string;
  readonly picture?: Buffer;
};

/** What can happen to a message after it was said. Without effect where the platform knows no such thing. */
export type Spoken = {
  recall(): void;
  redeliver(): void;
  /** Presses this button under the newest reply of the chat, if it shows one. */
  press(label: string): Promise<void>;
};

const groupSize = 3;
/** What a reply gets whose question was taken back in the same moment: nobody could have known. */
const takenBack = ' 230011';

const each = <Made>(count: number, make: (index: number) => Made): readonly Made[] =>
  Array.from({ length: count }, (_, index) => make(index));

function nth<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('there is nobody');
  return item;
}

const words = ({ where, text }: SoakSaid): string => (where === 'group' ? `@{bot} ${text}` : text);

export async function feishuSoak(people: number): Promise<SoakPlatform> {
  const sim = await startFeishuSimulator({ history: 'off' });
  const users = each(people, (index) => sim.addUser({ name: `同事 ${index}` }));
  const groups = each(Math.ceil(people / groupSize), (index) =>
    sim.addChat({
      kind: 'group',
      name: `群 ${index}`,
      members: users.slice(index * groupSize, (index + 1) * groupSize),
    }),
  );
  const replies = trackReplies((id) => sim.card(id)?.streaming === true);
  sim.subscribe((change) => {
    if (change.type === 'message-created') replies.add(change.messageId);
  });
  return {
    name: 'Feishu',
    environment: {
      FEISHU_APP_ID: sim.app.appId,
      FEISHU_APP_SECRET: sim.app.appSecret,
      FEISHU_BASE_URL: sim.url,
    },
    reachable: () => sim.connections().some((connection) => connection.ready()),
    say(said) {
      const from = nth(users, said.person);
      const chat =
        said.where === 'group' ? nth(groups, Math.floor(said.person / groupSize)) : sim.directChat(from);
      const elements: SaidElement[] = [{ tag: 'text', text: words(said) }];
      if (said.picture !== undefined) elements.push({ tag: 'img', image: { bytes: said.picture } });
      const { message } = sim.say({
        chat,
        from,
        said:
          said.picture === undefined
            ? { kind: 'text', text: words(said) }
            : { kind: 'post', paragraphs: [elements] },
      });
      return {
        recall: () => void sim.recall(message),
        redeliver: () => void sim.redeliver(message),
        async press(label) {
          const shown = sim.messages(chat.chatId).findLast(({ card }) => hasButton(card?.buttons, label));
          const pressed = shown === undefined ? undefined : sim.message(shown.messageId);
          if (pressed !== undefined) await sim.press({ message: pressed, button: { label }, by: from });
        },
      };
    },
    open: () => replies.open(),
    refused: () => withoutFaults(sim.refused()).filter((call) => !call.endsWith(takenBack)),
    stop: () => sim.stop(),
  };
}

export async function dingtalkSoak(people: number): Promise<SoakPlatform> {
  const sim = await startDingTalkSimulator({ templates: [dingtalkTemplate], history: 'off' });
  const persons = each(people, (index) => sim.addPerson({ name: `同事 ${index}` }));
  const groups = each(Math.ceil(people / groupSize), (index) =>
    sim.addGroup({
      title: `群 ${index}`,
      members: persons.slice(index * groupSize, (index + 1) * groupSize),
    }),
  );
  const replies = trackReplies((id) => {
    const outTrackId = sim.message(id)?.card?.outTrackId;
    const card = outTrackId === undefined ? undefined : sim.card(outTrackId);
    return card !== undefined && (!card.finalised || (card.texts['progress'] ?? '') !== '');
  });
  sim.subscribe((change) => {
    if (change.type === 'message-created') replies.add(change.msgId);
  });
  return {
    name: 'DingTalk',
    environment: {
      DINGTALK_CLIENT_ID: sim.app.clientId,
      DINGTALK_CLIENT_SECRET: sim.app.clientSecret,
      DINGTALK_BASE_URL: sim.url,
      DINGTALK_OAPI_BASE_URL: sim.oapiUrl,
      DINGTALK_CARD_TEMPLATE_ID: dingtalkTemplate.id,
    },
    reachable: () => sim.connections().some((connection) => !connection.leaving()),
    say(said) {
      const from = nth(persons, said.person);
      const chat =
        said.where === 'group' ? nth(groups, Math.floor(said.person / groupSize)) : sim.directChat(from);
      const items: DingTalkItem[] = [{ type: 'text', text: words(said) }];
      if (said.picture !== undefined) items.push({ type: 'picture', picture: { bytes: said.picture } });
      const { message } = sim.say({
        chat,
        from,
        said: said.picture === undefined ? { kind: 'text', text: words(said) } : { kind: 'richText', items },
      });
      return {
        recall: () => undefined,
        redeliver: () => void sim.redeliver(message),
        async press(label) {
          const { card } =
            sim.messages(chat.conversationId).findLast((shown) => hasButton(shown.card?.buttons, label)) ??
            {};
          if (card !== undefined)
            await sim.press({ outTrackId: card.outTrackId, button: { label }, by: from });
        },
      };
    },
    open: () => replies.open(),
    refused: () => withoutFaults(sim.refused()),
    stop: () => sim.stop(),
  };
}

export async function wecomSoak(people: number): Promise<SoakPlatform> {
  const sim = await startWeComSimulator({ corp: { botName: 'Qwen助手' }, history: 'off' });
  const users = each(people, (index) => sim.addUser({ name: `同事 ${index}`, userId: `person${index}` }));
  const groups = each(Math.ceil(people / groupSize), (index) =>
    sim.addGroup({ name: `群 ${index}`, members: users.slice(index * groupSize, (index + 1) * groupSize) }),
  );
  const replies = trackReplies((id) => sim.message(id)?.stream?.state === 'streaming');
  sim.subscribe((change) => {
    if (change.type === 'message-created') replies.add(change.messageId);
  });
  return {
    name: 'WeCom',
    environment: { ...wecomEnvironment(sim, 'bot'), MEDIA_HOSTS: new URL(sim.mediaUrl).host },
    reachable: () => sim.connections().some((connection) => connection.subscribed()),
    say(said) {
      const from = nth(users, said.person);
      const chat =
        said.where === 'group' ? nth(groups, Math.floor(said.person / groupSize)) : sim.directChat(from);
      const items: WeComItem[] = [{ kind: 'text', text: words(said) }];
      if (said.picture !== undefined) items.push({ kind: 'image', image: { bytes: said.picture } });
      const { message } = sim.say({
        chat,
        from,
        said: said.picture === undefined ? { kind: 'text', text: words(said) } : { kind: 'mixed', items },
      });
      return {
        recall: () => undefined,
        redeliver: () => void sim.redeliver(message),
        press: () => Promise.resolve(),
      };
    },
    open: () => replies.open(),
    refused: () => withoutFaults(sim.refused()),
    stop: () => sim.stop(),
  };
}

function hasButton(
  buttons: readonly { readonly label: string; readonly disabled?: boolean }[] | undefined,
  wanted: string,
): boolean {
  return buttons?.some(({ label, disabled }) => label === wanted && disabled !== true) === true;
}

function withoutFaults(
  calls: readonly { readonly api: string; readonly code: string | number; readonly fault?: string }[],
): readonly string[] {
  return calls.filter(({ fault }) => fault === undefined).map(({ api, code }) => `${api} ${code}`);
}
