import { readTemplate } from '../../adapters/dingtalk/card-template.ts';
import { startDingTalkSimulator, type DingTalkSimulator } from '../../simulators/dingtalk/simulator.ts';
import type { SimChat } from '../../simulators/dingtalk/world-types.ts';
import type { Pane, View } from '../pane.ts';
import { dingtalkActions } from './dingtalk-actions.ts';
import { otherKinds } from './dingtalk-said.ts';
import { viewMessage, type Viewing } from './dingtalk-view.ts';
import { watchDingTalk } from './dingtalk-watch.ts';
import { createChatPane, shownMessages } from './shared/chat-pane.ts';
import type { Mentionable } from './shared/mentions.ts';
import { botName, cast, groupName, openingWords, type DemoPerson } from './shared/people.ts';
import { pictureType } from './shared/picture-type.ts';

export type DingTalkPane = Pane & { readonly simulator: DingTalkSimulator };

/** The service keeps two, so that a planned switch of the gateway loses nothing. */
const connections = 2;

/** DingTalk on this machine: a group of colleagues with the bot, and each one's direct chat with it. */
export async function startDingTalkPane(people: readonly DemoPerson[]): Promise<DingTalkPane> {
  const cardTemplate = readTemplate();
  const simulator = await startDingTalkSimulator({
    app: { botName },
    templates: [cardTemplate],
    history: 'sizes',
    historyCapacity: 50,
  });
  const players = cast(people, (name) => simulator.addPerson({ name }));
  const persons = players.map(({ person }) => person);
  const group = simulator.addGroup({ title: groupName, members: persons });
  const mentionable: Mentionable = new Map([
    [botName, 'bot'],
    ...persons.map(({ name, senderId }) => [name, senderId] as const),
  ]);
  const viewing: Viewing = { simulator, mentionable, quotes: new WeakMap() };
  const pane = createChatPane({
    id: 'dingtalk',
    title: { zh: '钉钉', en: 'DingTalk' },
    bot: botName,
    environment: {
      DINGTALK_CLIENT_ID: simulator.app.clientId,
      DINGTALK_CLIENT_SECRET: simulator.app.clientSecret,
      DINGTALK_CARD_TEMPLATE_ID: cardTemplate.id,
      DINGTALK_BASE_URL: simulator.url,
      DINGTALK_OAPI_BASE_URL: simulator.oapiUrl,
    },
    admins: players.filter(({ known }) => known.admin).map(({ person }) => `dingtalk:${person.staffId}`),
    abilities: { topics: false, recall: false, names: [...mentionable.keys()], otherKinds },
    group: { id: group.conversationId, name: group.title },
    people: () =>
      players.map(({ person, known }) => ({
        id: person.senderId,
        direct: simulator.directChat(person).conversationId,
        known,
      })),
    messages: () => simulator.chats().flatMap((chat) => viewMessages(chat, viewing)),
    connections: () => simulator.connections().length,
    connected: (signal) => simulator.connected(connections, signal),
    welcome() {
      const from = persons[1] ?? persons[0];
      if (from !== undefined)
        simulator.say({ chat: group, from, said: { kind: 'text', text: openingWords }, push: 'never' });
    },
    actions: (emit) => dingtalkActions({ ...viewing, emit, people: persons }),
    watch: (emit) => watchDingTalk(viewing, emit),
    picture(_message, key) {
      const bytes = simulator.resource(key)?.bytes;
      return bytes === undefined ? undefined : { bytes, mime: pictureType(bytes) };
    },
    stop: () => simulator.stop(),
  });
  return { ...pane, simulator };
}

function viewMessages({ conversationId }: SimChat, viewing: Viewing): readonly View[] {
  const recent = viewing.simulator.messages(conversationId).slice(-shownMessages);
  return recent.flatMap(({ msgId }) => {
    const message = viewing.simulator.message(msgId);
    return message === undefined ? [] : [viewMessage(message, viewing)];
  });
}
