import type { SimChat, SimMessage, SimUser } from './world-types.ts';

/** One message or event handed to the bot, and what has come back for it. */
export type Callback = {
  readonly kind: 'message' | 'enter_chat' | 'template_card_event' | 'feedback_event';
  /** The platform's `msgid`, the same for every repetition. */
  readonly messageId: string;
  readonly chat: SimChat;
  readonly from: SimUser;
  readonly atMs: number;
  /** Bubbles by the stream id the bot chose. */
  readonly streams: Map<string, SimMessage>;
  /** A template card was shown in answer: once for each message. */
  cardShown: boolean;
  /** The welcome or the update of the card was given. */
  answered: boolean;
  /** The message whose card was pressed. */
  readonly pressed: SimMessage | undefined;
};

export function createCallback(
  callback: Pick<Callback, 'kind' | 'messageId' | 'chat' | 'from' | 'atMs'> & {
    readonly pressed?: SimMessage;
  },
): Callback {
  return { pressed: undefined, ...callback, streams: new Map(), cardShown: false, answered: false };
}
