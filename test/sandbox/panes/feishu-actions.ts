import { z } from 'zod';
import type { FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import type { SimChat, SimMessage, SimUser } from '../../simulators/feishu/world-types.ts';
import { Refusal, type PaneEvent } from '../pane.ts';
import { saidInComposer, saidOtherwise } from './feishu-said.ts';
import type { Causes } from './feishu-watch.ts';
import { createActions, type Actions, type ChatWorld } from './shared/actions.ts';
import { createFinders, decode } from './shared/decode.ts';
import type { Mentionable } from './shared/mentions.ts';
import { pressShape, pushed } from './shared/presses.ts';

export type ActionStage = {
  readonly simulator: FeishuSimulator;
  readonly emit: (event: PaneEvent) => void;
  readonly causes: Causes;
  readonly mentionable: Mentionable;
  /** People a visitor may speak as. */
  readonly people: readonly SimUser[];
};

const messageShape = z.object({ message: z.string(), by: z.string() });

/** What a visitor can do in the Feishu pane, by name. */
export function feishuActions(stage: ActionStage): Actions {
  const { simulator, emit, causes } = stage;
  const world = chatWorld(stage);
  const find = createFinders(world);
  return {
    ...createActions(world, emit),
    async recall(given) {
      const asked = decode(messageShape, given);
      const message = find.message(asked.message);
      if (message.sender.type !== 'user' || message.sender.user.openId !== asked.by)
        throw new Refusal('只能撤回自己的消息 / only your own messages can be recalled');
      void simulator.recall(message);
      return {};
    },
    async press(given) {
      const { message: id, by, value, label } = decode(pressShape, given);
      const [message, person] = [find.message(id), find.person(by)];
      emit({ type: 'asked', cause: causes.of(message), text: '', atMs: Date.now() });
      const eventType = 'card.action.trigger';
      const { code, toast } = await pushed(
        { eventType, label, outcomeOf: (outcome) => (outcome.code === 0 ? 'acknowledged' : 'refused') },
        emit,
        () => simulator.press({ message, button: { value }, by: person }),
      );
      return { toast, problem: code === 0 ? undefined : String(code) };
    },
  };
}

function chatWorld(stage: ActionStage): ChatWorld<SimUser, SimChat, SimMessage> {
  const { simulator, causes, mentionable, people } = stage;
  return {
    mentionable,
    person: (id) => people.find(({ openId }) => openId === id),
    chat: (id) => simulator.chat(id),
    message: (id) => simulator.message(id),
    isMember: (chat, { openId }) => chat.members.has(openId),
    say({ chat, from, text, images, kind, quoted, inThread }) {
      const said = kind === 'message' ? saidInComposer(text, images, mentionable) : saidOtherwise(kind);
      if (said === undefined) throw new Refusal('没有这种消息 / no such kind of message');
      const reply = quoted === undefined ? {} : { replyTo: quoted };
      return simulator.say({ chat, from, said, ...reply, inThread }).message;
    },
    idOf: ({ messageId }) => messageId,
    sentMs: ({ createdMs }) => createdMs,
    causeOf: (message) => causes.of(message),
    said: () =>
      simulator
        .chats()
        .flatMap(({ chatId }) => simulator.messages(chatId))
        .filter(({ from }) => from.kind === 'user')
        .flatMap(({ messageId }) => simulator.message(messageId) ?? []),
    redeliver: (message) => simulator.redeliver(message),
    openDirect(user) {
      void simulator.enterDirectChat(user);
      return simulator.directChat(user).chatId;
    },
    dropConnections: () => simulator.connections().forEach((connection) => connection.drop()),
  };
}
