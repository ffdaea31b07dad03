import { z } from 'zod';
import { Refusal, type PaneEvent, type View } from '../../pane.ts';
import { createFinders, decode, type Things } from './decode.ts';
import { withoutMentions, type Mentionable } from './mentions.ts';

export type Action = (given: unknown) => Promise<View>;
export type Actions = Readonly<Record<string, Action>>;

export type SaidImage = { readonly name: string; readonly mime: string; readonly bytes: Uint8Array };

/** What a visitor lets somebody say. */
export type Speech<Person, Chat, Message> = {
  readonly chat: Chat;
  readonly from: Person;
  readonly text: string;
  readonly images: readonly SaidImage[];
  /** `message`: words and pictures; otherwise one of the pane's other kinds. */
  readonly kind: string;
  readonly quoted: Message | undefined;
  readonly inThread: boolean;
};

/** What the actions need of a simulated platform. */
export type ChatWorld<Person, Chat, Message> = Things<Person, Chat, Message> & {
  readonly mentionable: Mentionable;
  readonly isMember: (chat: Chat, person: Person) => boolean;
  /** Puts it into the chat and pushes what the platform would push; throws a `Refusal` for what cannot be sent. */
  readonly say: (speech: Speech<Person, Chat, Message>) => Message;
  readonly idOf: (message: Message) => string;
  readonly sentMs: (message: Message) => number;
  /** What an answer to this message will name. */
  readonly causeOf: (message: Message) => string;
  /** Everything people said, in any order. */
  readonly said: () => readonly Message[];
  readonly redeliver: (message: Message) => Promise<unknown>;
  /** Gives the id of the chat. */
  readonly openDirect: (person: Person) => string;
  readonly dropConnections: () => void;
};

const timesAgain = 5;
const maxTimes = 20;

const imageShape = z.object({ name: z.string().max(200), mime: z.string().max(100), base64: z.base64() });
const sayShape = z.object({
  chat: z.string(),
  by: z.string(),
  text: z.string().max(100_000).default(''),
  images: z.array(imageShape).max(20).default([]),
  kind: z.string().default('message'),
  replyTo: z.string().optional(),
  inThread: z.boolean().default(false),
});
const redeliverShape = z.object({ message: z.string(), times: z.number().int().min(1).max(maxTimes) });
const personShape = z.object({ by: z.string() });

/** What a visitor can do on every platform, by name. */
export function createActions<Person, Chat, Message>(
  world: ChatWorld<Person, Chat, Message>,
  emit: (event: PaneEvent) => void,
): Actions {
  const find = createFinders(world);

  /** Refused when it was never pushed, for then there is nothing to repeat. */
  function again(message: Message, times: number): void {
    try {
      for (let time = 0; time < times; time += 1) void world.redeliver(message);
    } catch {
      throw new Refusal('这条消息没有推送给机器人 / this message was never pushed to the bot');
    }
  }

  async function say(given: unknown): Promise<View> {
    const asked = decode(sayShape, given);
    const [from, chat] = [find.person(asked.by), find.chat(asked.chat)];
    if (!world.isMember(chat, from)) throw new Refusal('这个人不在这个聊天里 / not a member of this chat');
    const { kind, text, inThread } = asked;
    const images = asked.images.map(({ base64, ...image }) => ({
      ...image,
      bytes: Buffer.from(base64, 'base64'),
    }));
    if (kind === 'message' && text.trim() === '' && images.length === 0)
      throw new Refusal('没有内容可发 / nothing to send');
    const quoted = asked.replyTo === undefined ? undefined : find.message(asked.replyTo);
    const message = world.say({ chat, from, text, images, kind, quoted, inThread });
    const words = withoutMentions(text, world.mentionable);
    emit({ type: 'asked', cause: world.causeOf(message), text: words, atMs: world.sentMs(message) });
    return { message: world.idOf(message) };
  }

  /** As a platform does whose acknowledgements got lost. */
  async function redeliverLast(): Promise<View> {
    const last = world
      .said()
      .toSorted((one, other) => world.sentMs(one) - world.sentMs(other))
      .at(-1);
    if (last === undefined) throw new Refusal('还没有消息 / no message yet');
    again(last, timesAgain);
    return { message: world.idOf(last) };
  }

  return {
    say,
    async redeliver(given) {
      const { message, times } = decode(redeliverShape, given);
      again(find.message(message), times);
      return { times };
    },
    'redeliver-last': redeliverLast,
    'open-direct': async (given) => ({ chat: world.openDirect(find.person(decode(personShape, given).by)) }),
    async 'drop-connection'() {
      world.dropConnections();
      return {};
    },
  };
}
