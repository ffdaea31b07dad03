import type { Sandbox } from './sandbox.ts';
import { until } from './test-support.ts';

/** A reply as the platform holds it. */
export type Reply = {
  readonly text: string;
  /** It has ended, and shows so. */
  readonly closed: boolean;
};

/** What a test reads of a platform, whatever its messages are. */
export type PlatformReader = {
  readonly id: string;
  /** The message of a person that holds these words. */
  question(sandbox: Sandbox, words: string): string | undefined;
  /** What the bot replied to it. */
  replies(sandbox: Sandbox, question: string): readonly Reply[];
  /** Pushes of it so far, and those that reached the service. */
  pushes(sandbox: Sandbox, question: string): { readonly all: number; readonly arrived: number };
  connections(sandbox: Sandbox): readonly string[];
};

/** A card says nothing of its question, so the tests leave only one question unanswered at a time. */
const dingtalk: PlatformReader = {
  id: 'dingtalk',
  question: ({ dingtalk: { simulator } }, words) =>
    simulator
      .chats()
      .flatMap(({ conversationId }) => simulator.messages(conversationId))
      .findLast(({ from, text }) => from.kind === 'person' && text.includes(words))?.msgId,
  replies({ dingtalk: { simulator } }, question) {
    const asked = simulator.message(question);
    const after = asked === undefined ? [] : simulator.messages(asked.conversationId);
    const own = after.slice(after.findIndex(({ msgId }) => msgId === question) + 1);
    const next = own.findIndex(({ from }) => from.kind === 'person');
    return own.slice(0, next === -1 ? undefined : next).map(({ card, text }) => ({
      text: card?.texts['content'] ?? text,
      closed:
        card === undefined || (card.finalised && card.buttons.some(({ actionId }) => actionId === 'retry')),
    }));
  },
  pushes({ dingtalk: { simulator } }, question) {
    const all = simulator.deliveries().filter(({ msgId }) => msgId === question);
    return { all: all.length, arrived: all.filter(({ state }) => state === 'acknowledged').length };
  },
  connections: ({ dingtalk: { simulator } }) => simulator.connections().map(({ id }) => id),
};

const wecom: PlatformReader = {
  id: 'wecom',
  question: ({ wecom: { simulator } }, words) =>
    simulator
      .chats()
      .flatMap(({ chatId }) => simulator.messages(chatId))
      .findLast(({ from, text }) => from.kind === 'user' && text.includes(words))?.messageId,
  replies: ({ wecom: { simulator } }, question) =>
    simulator
      .messages(simulator.message(question)?.chatId ?? '')
      .filter(({ answersId }) => answersId === question)
      // What stands under an answer is quoted, so that it is grey.
      .map(({ text, stream }) => ({
        text: text.replace(/(?:\n+> [^\n]*)+$/, '').trim(),
        closed: stream?.state === 'finished',
      })),
  pushes({ wecom: { simulator } }, question) {
    const all = simulator.deliveries().filter(({ messageId }) => messageId === question);
    return { all: all.length, arrived: all.filter(({ state }) => state === 'delivered').length };
  },
  connections: ({ wecom: { simulator } }) => simulator.connections().map(({ id }) => id),
};

/** The platforms beside Feishu, whose messages the tests read through these. */
export const platformReaders: readonly PlatformReader[] = [dingtalk, wecom];

export function questionOf(sandbox: Sandbox, reader: PlatformReader, words: string): Promise<string> {
  return until(`the message "${words}"`, () => reader.question(sandbox, words));
}

/** The one reply to a message once it is closed. */
export function closedReplyOf(sandbox: Sandbox, reader: PlatformReader, question: string): Promise<Reply> {
  return until(`a closed reply on ${reader.id}`, () =>
    reader.replies(sandbox, question).find(({ closed }) => closed),
  );
}
