import { startWeComSimulator, type WeComSimulator } from '../../simulators/wecom/simulator.ts';
import type { SimChat } from '../../simulators/wecom/world-types.ts';
import type { Pane, View } from '../pane.ts';
import { createChatPane, shownMessages } from './shared/chat-pane.ts';
import type { Mentionable } from './shared/mentions.ts';
import { botName, cast, groupName, openingWords, type DemoPerson } from './shared/people.ts';
import { pictureType } from './shared/picture-type.ts';
import { wecomActions } from './wecom-actions.ts';
import { otherKinds } from './wecom-said.ts';
import { viewMessage } from './wecom-view.ts';
import { watchWeCom } from './wecom-watch.ts';

export type WeComPane = Pane & { readonly simulator: WeComSimulator };

/** The bot alone: WeCom tells nobody whom else a message mentions. */
const mentionable: Mentionable = new Map([[botName, 'bot']]);

/** WeCom on this machine: its AI bot by long connection, in a group of colleagues and in each one's direct chat. */
export async function startWeComPane(people: readonly DemoPerson[]): Promise<WeComPane> {
  const simulator = await startWeComSimulator({ corp: { botName }, history: 'sizes', historyCapacity: 50 });
  const players = cast(people, (name) => simulator.addUser({ name }));
  const users = players.map(({ person }) => person);
  const group = simulator.addGroup({ name: groupName, members: users });
  const pane = createChatPane({
    id: 'wecom',
    title: { zh: '企业微信', en: 'WeCom' },
    bot: botName,
    environment: {
      WECOM_BOT_ID: simulator.corp.botId,
      WECOM_BOT_SECRET: simulator.corp.botSecret,
      WECOM_BOT_WS_URL: simulator.wsUrl,
      // Pictures lie on a host of their own, as they do at WeCom.
      MEDIA_HOSTS: new URL(simulator.mediaUrl).host,
    },
    admins: players.filter(({ known }) => known.admin).map(({ person }) => `wecom:${person.userId}`),
    abilities: { topics: false, recall: false, names: [...mentionable.keys()], otherKinds },
    group: { id: group.chatId, name: group.name },
    people: () =>
      players.map(({ person, known }) => ({
        id: person.userId,
        direct: simulator.directChat(person).chatId,
        known,
      })),
    messages: () => simulator.chats().flatMap((chat) => viewMessages(chat, simulator)),
    connections: () => simulator.connections().length,
    connected: (signal) => simulator.connected(signal),
    welcome() {
      const from = users[1] ?? users[0];
      if (from !== undefined)
        simulator.say({ chat: group, from, said: { kind: 'text', text: openingWords }, push: 'never' });
    },
    actions: (emit) => wecomActions({ simulator, emit, mentionable, people: users }),
    watch: (emit) => watchWeCom(simulator, emit),
    picture(messageId, key) {
      const bytes = simulator.message(messageId)?.media[Number(key)]?.bytes;
      return bytes === undefined ? undefined : { bytes, mime: pictureType(bytes) };
    },
    stop: () => simulator.stop(),
  });
  return { ...pane, simulator };
}

function viewMessages({ chatId }: SimChat, simulator: WeComSimulator): readonly View[] {
  const recent = simulator.messages(chatId).slice(-shownMessages);
  return recent.flatMap(({ messageId }) => {
    const message = simulator.message(messageId);
    return message === undefined ? [] : [viewMessage(message, simulator)];
  });
}
