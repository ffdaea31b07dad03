import { startFeishuSimulator, type FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import type { SimChat } from '../../simulators/feishu/world-types.ts';
import type { Pane, View } from '../pane.ts';
import { feishuActions } from './feishu-actions.ts';
import { otherKinds } from './feishu-said.ts';
import { viewMessage } from './feishu-view.ts';
import { createCauses, watchFeishu } from './feishu-watch.ts';
import { createChatPane, shownMessages } from './shared/chat-pane.ts';
import type { Mentionable } from './shared/mentions.ts';
import { botName, cast, groupName, openingWords, type DemoPerson } from './shared/people.ts';

export type FeishuPane = Pane & { readonly simulator: FeishuSimulator };

const everyone = '所有人';

/** Feishu on this machine: a group of colleagues with the bot, and each one's direct chat with it. */
export async function startFeishuPane(people: readonly DemoPerson[]): Promise<FeishuPane> {
  const simulator = await startFeishuSimulator({ app: { botName }, history: 'sizes', historyCapacity: 50 });
  const players = cast(people, (name) => simulator.addUser({ name }));
  const users = players.map(({ person }) => person);
  const group = simulator.addChat({ name: groupName, members: users });
  const causes = createCauses();
  const mentionable: Mentionable = new Map([
    [simulator.bot.name, 'bot'],
    [everyone, 'all'],
    ...users.map(({ name, openId }) => [name, openId] as const),
  ]);
  const pane = createChatPane({
    id: 'feishu',
    title: { zh: '飞书', en: 'Feishu' },
    bot: simulator.bot.name,
    environment: {
      FEISHU_APP_ID: simulator.app.appId,
      FEISHU_APP_SECRET: simulator.app.appSecret,
      FEISHU_BASE_URL: simulator.url,
    },
    admins: players.filter(({ known }) => known.admin).map(({ person }) => `feishu:${person.openId}`),
    abilities: {
      topics: true,
      recall: true,
      names: [simulator.bot.name, ...users.map(({ name }) => name), everyone],
      otherKinds,
    },
    group: { id: group.chatId, name: group.name },
    people: () =>
      players.map(({ person, known }) => ({
        id: person.openId,
        direct: simulator.directChat(person).chatId,
        known,
      })),
    messages: () => simulator.chats().flatMap((chat) => viewMessages(chat, simulator)),
    connections: () => simulator.connections().length,
    connected: (signal) => simulator.connected(1, signal),
    welcome() {
      const [first, second = first] = users;
      if (first === undefined || second === undefined) return;
      simulator.say({ chat: group, from: second, said: { kind: 'text', text: openingWords }, push: 'never' });
      void simulator.addBot(group, first);
    },
    actions: (emit) => feishuActions({ simulator, emit, causes, mentionable, people: users }),
    watch: (emit) => watchFeishu(simulator, emit, causes),
    picture: (message, key) => simulator.message(message)?.resources.get(key),
    stop: () => simulator.stop(),
  });
  return { ...pane, simulator };
}

function viewMessages({ chatId }: SimChat, simulator: FeishuSimulator): readonly View[] {
  const recent = simulator.messages(chatId).slice(-shownMessages);
  return recent.flatMap(({ messageId }) => {
    const message = simulator.message(messageId);
    return message === undefined ? [] : [viewMessage(message, simulator)];
  });
}
