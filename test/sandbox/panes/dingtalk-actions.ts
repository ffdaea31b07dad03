import { z } from 'zod';
import type { PressOutcome } from '../../simulators/dingtalk/interactions.ts';
import type { SimChat, SimMessage, SimPerson } from '../../simulators/dingtalk/world-types.ts';
import { Refusal, type PaneEvent } from '../pane.ts';
import { saidInComposer, saidOtherwise } from './dingtalk-said.ts';
import type { Viewing } from './dingtalk-view.ts';
import { causeOf } from './dingtalk-watch.ts';
import { createActions, type Actions, type ChatWorld } from './shared/actions.ts';
import { createFinders, decode } from './shared/decode.ts';
import { pressShape, pushed } from './shared/presses.ts';

export type ActionStage = Viewing & {
  readonly emit: (event: PaneEvent) => void;
  /** People a visitor may speak as. */
  readonly people: readonly SimPerson[];
};

const buttonShape = z.object({ actionId: z.string() });

/** What a visitor can do in the DingTalk pane, by name. */
export function dingtalkActions(stage: ActionStage): Actions {
  const { simulator, emit } = stage;
  const world = chatWorld(stage);
  const find = createFinders(world);
  return {
    ...createActions(world, emit),
    async press(given) {
      const { message: id, by, value, label } = decode(pressShape, given);
      const { actionId } = decode(buttonShape, value);
      const [message, person] = [find.message(id), find.person(by)];
      const card = message.card === undefined ? undefined : simulator.card(message.card.outTrackId);
      if (card?.buttons.some((button) => button.actionId === actionId) !== true)
        throw new Refusal('卡片上已经没有这个按钮了 / the card no longer shows this button');
      emit({ type: 'asked', cause: causeOf(message), text: '', atMs: Date.now() });
      const eventType = '/v1.0/card/instances/callback';
      const { result } = await pushed(
        {
          eventType,
          label,
          outcomeOf: ({ result: was }: PressOutcome) => (was === 'accepted' ? 'acknowledged' : 'timeout'),
        },
        emit,
        () =>
          simulator.press({
            outTrackId: card.outTrackId,
            button: { actionId },
            by: person,
            conversationId: message.conversationId,
          }),
      );
      return { problem: result === 'accepted' ? undefined : result };
    },
  };
}

function chatWorld({
  simulator,
  mentionable,
  quotes,
  people,
}: ActionStage): ChatWorld<SimPerson, SimChat, SimMessage> {
  return {
    mentionable,
    person: (id) => people.find(({ senderId }) => senderId === id),
    chat: (id) => simulator.chat(id),
    message: (id) => simulator.message(id),
    isMember: (chat, person) => chat.members.has(person),
    say({ chat, from, text, images, kind, quoted }) {
      const said = kind === 'message' ? saidInComposer(text, images, mentionable) : saidOtherwise(kind);
      if (said === undefined) throw new Refusal('没有这种消息 / no such kind of message');
      if (kind !== 'message' && chat.kind === 'group')
        throw new Refusal(
          '钉钉里这类消息只能在单聊里发给机器人 / on DingTalk such messages reach a bot in direct chats only',
        );
      const quote = quoted === undefined ? {} : { quote: { message: quoted } };
      const { message } = simulator.say({ chat, from, said, ...quote });
      if (quoted !== undefined) quotes.set(message, quoted.msgId);
      return message;
    },
    idOf: ({ msgId }) => msgId,
    sentMs: ({ createdMs }) => createdMs,
    causeOf,
    said: () =>
      simulator
        .chats()
        .flatMap(({ conversationId }) => simulator.messages(conversationId))
        .filter(({ from }) => from.kind === 'person')
        .flatMap(({ msgId }) => simulator.message(msgId) ?? []),
    redeliver: (message) => simulator.redeliver(message),
    openDirect: (person) => simulator.directChat(person).conversationId,
    dropConnections: () => simulator.connections().forEach((connection) => connection.drop()),
  };
}
