import { FeishuFault } from './fault.ts';
import type { OutgoingContent } from './outgoing-content.ts';
import type { Platform } from './platform.ts';
import type { Placement } from './topics.ts';
import type { SimChat, SimMessage } from './world-types.ts';

const repeatWindowMs = 3_600_000;
const rememberedUuids = 50_000;

/** The idempotency keys of sent messages: one uuid makes at most one message within an hour. */
export type SendKeys = {
  /** The message this uuid already made. */
  find(uuid: string | undefined, nowMs: number): SimMessage | undefined;
  remember(uuid: string | undefined, message: SimMessage, nowMs: number): void;
};

export function createSendKeys(): SendKeys {
  const sent = new Map<string, { readonly message: SimMessage; readonly atMs: number }>();
  return {
    find(uuid, nowMs) {
      const known = uuid === undefined ? undefined : sent.get(uuid);
      return known === undefined || nowMs - known.atMs >= repeatWindowMs ? undefined : known.message;
    },
    remember(uuid, message, nowMs) {
      if (uuid === undefined) return;
      sent.delete(uuid);
      sent.set(uuid, { message, atMs: nowMs });
      const oldest = sent.keys().next().value;
      if (sent.size > rememberedUuids && oldest !== undefined) sent.delete(oldest);
    },
  };
}

export type Sending = {
  readonly chat: SimChat;
  readonly placement: Placement;
  readonly messageType: string;
  readonly outgoing: OutgoingContent;
};

/** Puts a message of our bot into the chat. */
export function sendAsBot(
  { chat, placement, messageType, outgoing }: Sending,
  platform: Platform,
): SimMessage {
  const message = platform.world.addMessage({
    chatId: chat.chatId,
    sender: { type: 'app' },
    messageType,
    content: outgoing.content,
    createdMs: platform.now(),
    card: outgoing.card,
    legacyCard: outgoing.legacyCard,
    ...placement,
  });
  outgoing.pings.forEach((id) => message.pings.add(id));
  if (outgoing.card !== undefined) outgoing.card.messageId = message.messageId;
  platform.changes.emit({ type: 'message-created', messageId: message.messageId, chatId: chat.chatId });
  return message;
}

/** Throws when the bot may not speak there now. */
export function checkMaySpeak(chat: SimChat): void {
  if (chat.muted) throw new FeishuFault(230035, 'Send Message Permission deny.');
}
