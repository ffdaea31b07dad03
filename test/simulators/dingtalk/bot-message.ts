import type { Card } from './card.ts';
import type { Platform } from './platform.ts';
import type { BotRoute, SimMessage } from './world-types.ts';

export type BotMessageSeed = Pick<SimMessage, 'conversationId' | 'msgtype' | 'text' | 'content'> & {
  readonly via: BotRoute;
  readonly title?: string | undefined;
  readonly processQueryKey?: string;
  readonly card?: Card;
  readonly pings?: ReadonlySet<string>;
};

/** Puts a message of our bot into a chat and tells watchers. */
export function addBotMessage(platform: Platform, seed: BotMessageSeed): SimMessage {
  const { via, title, processQueryKey, card, pings, ...rest } = seed;
  const message = platform.world.addMessage({
    ...rest,
    from: { kind: 'bot', via },
    title,
    createdMs: platform.now(),
    resources: [],
    processQueryKey,
    card,
    pings: pings ?? new Set(),
  });
  const { msgId, conversationId } = message;
  platform.changes.emit({ type: 'message-created', msgId, conversationId });
  return message;
}
