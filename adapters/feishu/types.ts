/** What the Feishu adapter keeps in the opaque values it mints. Everything is plain JSON. */

/** `ReplyTarget`: the message that is answered. */
export type FeishuReplyTarget = {
  readonly messageId: string;
  readonly chatId: string;
  readonly threadId?: string;
};

/**
 * `ReplyHandle`. `card`: a CardKit card. `message`: a plain interactive card edited by PATCH. `post`: a post or text
 * message, final, which can no longer be changed. `unsent`: shown in no card, so it is sent as a post once it is whole; `messageId` is the
 * message it will answer, `key` its idempotency key.
 */
export type FeishuReplyHandle =
  | {
      readonly kind: 'card';
      readonly cardId: string;
      readonly messageId: string;
      readonly chatId: string;
      /** Milliseconds since the epoch; sequence numbers are counted from here so that a successor never repeats one. */
      readonly createdAt: number;
    }
  | { readonly kind: 'message'; readonly messageId: string; readonly chatId: string }
  | { readonly kind: 'post'; readonly messageId: string; readonly chatId: string }
  | { readonly kind: 'unsent'; readonly messageId: string; readonly chatId: string; readonly key: string };

/** `Address`: a chat, or a person's direct chat with the bot. */
export type FeishuAddress = { readonly chatId: string } | { readonly openId: string };

/** `MediaRef`: a picture inside a message; the message must be the one that holds it. */
export type FeishuMediaRef = { readonly messageId: string; readonly imageKey: string };

/** `QuoteRef`: the quoted message, which the event names by id only. */
export type FeishuQuoteRef = { readonly messageId: string };
