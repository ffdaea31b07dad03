import { z } from 'zod';
import type { WeComSimulator } from '../../simulators/wecom/simulator.ts';
import type { SimChat, SimMessage, SimUser } from '../../simulators/wecom/world-types.ts';
import { Refusal, type PaneEvent } from '../pane.ts';
import { createActions, type Actions, type ChatWorld } from './shared/actions.ts';
import { createFinders, decode } from './shared/decode.ts';
import type { Mentionable } from './shared/mentions.ts';
import { saidInComposer, saidOtherwise } from './wecom-said.ts';

export type ActionStage = {
  readonly simulator: WeComSimulator;
  readonly emit: (event: PaneEvent) => void;
  readonly mentionable: Mentionable;
  /** People a visitor may speak as. */
  readonly people: readonly SimUser[];
};

const rateShape = z.object({
  message: z.string(),
  by: z.string(),
  verdict: z.enum(['good', 'bad', 'cancelled']),
});

/** What a visitor can do in the WeCom pane, by name. */
export function wecomActions(stage: ActionStage): Actions {
  const world = chatWorld(stage);
  const find = createFinders(world);
  return {
    ...createActions(world, stage.emit),
    async rate(given) {
      const { message: id, by, verdict } = decode(rateShape, given);
      const [message, person] = [find.message(id), find.person(by)];
      if (message.feedbackId === undefined)
        throw new Refusal('这条回复不能评价 / this reply cannot be rated');
      void stage.simulator.rate({ message, by: person, verdict });
      return {};
    },
  };
}

function chatWorld({ simulator, mentionable, people }: ActionStage): ChatWorld<SimUser, SimChat, SimMessage> {
  return {
    mentionable,
    person: (id) => people.find(({ userId }) => userId === id),
    chat: (id) => simulator.chat(id),
    message: (id) => simulator.message(id),
    isMember: (chat, { userId }) => chat.members.has(userId),
    say({ chat, from, text, images, kind, quoted }) {
      const said = kind === 'message' ? saidInComposer(text, images, mentionable) : saidOtherwise(kind);
      if (said === undefined) throw new Refusal('没有这种消息 / no such kind of message');
      return simulator.say({ chat, from, said, ...(quoted === undefined ? {} : { quoting: quoted }) })
        .message;
    },
    idOf: ({ messageId }) => messageId,
    sentMs: ({ createdMs }) => createdMs,
    causeOf: ({ messageId }) => messageId,
    said: () =>
      simulator
        .chats()
        .flatMap(({ chatId }) => simulator.messages(chatId))
        .filter(({ from }) => from.kind === 'user')
        .flatMap(({ messageId }) => simulator.message(messageId) ?? []),
    redeliver: (message) => simulator.redeliver(message),
    openDirect(user) {
      void simulator.enterChat(user);
      return simulator.directChat(user).chatId;
    },
    dropConnections: () => simulator.connections().forEach((connection) => connection.drop()),
  };
}
