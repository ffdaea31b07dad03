import type { PlannedCall } from '../../src/contract/budget.ts';
import type { MediaBody } from '../../src/contract/media.ts';
import { isFields, read, readList, readNumber, readText } from '../shared/json.ts';
import type { ApiCall, FeishuApi } from './api.ts';
import type { CallContext, CardOperation, FeishuCalls, OutgoingMessage, SentMessage } from './calls.ts';
import type { FeishuAddress } from './types.ts';

export type BotInfo = {
  readonly openId: string;
  readonly name: string | undefined;
  /** 2 means enabled; source: the page of `bot/v3/info`. */
  readonly activateStatus: number | undefined;
};

export type ChatInfo = { readonly ownerOpenId: string | undefined };

/** The calls of the inbound half and of the doctor, beside those that make replies. */
export type FeishuOperations = FeishuCalls & {
  readonly botInfo: (signal: AbortSignal) => Promise<BotInfo>;
  /** `GET /im/v1/chats/:id`: the group's owner; without one where a bot owns it. */
  readonly getChat: (chatId: string, signal: AbortSignal) => Promise<ChatInfo>;
  /** A picture inside a message, as a stream without a cap: the reader counts. */
  readonly openImage: (messageId: string, imageKey: string, signal: AbortSignal) => Promise<MediaBody>;
};

const CARDS = '/open-apis/cardkit/v1/cards';
const MESSAGES = '/open-apis/im/v1/messages';

const done = (): true => true;

/** Each call of the Open API that the adapter makes: its address, its body, and which limits count it. */
export function createOperations({ call, download }: FeishuApi): FeishuOperations {
  /** A change of one card; all of them share the card's ten operations a second. */
  async function operate(
    change: Pick<ApiCall, 'method' | 'path'> & { readonly api: string },
    operation: CardOperation,
    context: CallContext,
    data: () => Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void> {
    await call(
      {
        planned: { ...plan(change.api, context), card: operation.cardId },
        method: change.method,
        path: `${CARDS}/${segment(operation.cardId)}${change.path}`,
        data: () => ({ ...data(), sequence: operation.sequence, uuid: operation.uuid }),
      },
      done,
      signal,
    );
  }

  return {
    createCard: (cardJson, context, signal) =>
      call(
        {
          planned: plan('card.create', context),
          method: 'POST',
          path: CARDS,
          data: () => ({ type: 'card_json', data: cardJson }),
        },
        readCardId,
        signal,
      ),
    putText: (operation, elementId, text, context, signal) =>
      operate(
        { api: 'card.content', method: 'PUT', path: `/elements/${segment(elementId)}/content` },
        operation,
        context,
        () => ({ content: text() }),
        signal,
      ),
    patchSettings: (operation, settings, context, signal) =>
      operate(
        { api: 'card.settings', method: 'PATCH', path: '/settings' },
        operation,
        context,
        () => ({ settings }),
        signal,
      ),
    putCard: (operation, cardJson, context, signal) =>
      operate(
        { api: 'card.update', method: 'PUT', path: '' },
        operation,
        context,
        () => ({ card: { type: 'card_json', data: cardJson() } }),
        signal,
      ),
    batchUpdate: (operation, actions, context, signal) =>
      operate(
        { api: 'card.batch', method: 'POST', path: '/batch_update' },
        operation,
        context,
        () => ({ actions: actions() }),
        signal,
      ),
    cardOfMessage: (messageId, context, signal) =>
      call(
        {
          planned: plan('card.convert', context),
          method: 'POST',
          path: `${CARDS}/id_convert`,
          data: () => ({ message_id: messageId }),
        },
        readCardId,
        signal,
      ),
    reply: (messageId, message, context, signal) =>
      call(
        {
          planned: plan('message.reply', context),
          method: 'POST',
          path: `${MESSAGES}/${segment(messageId)}/reply`,
          data: () => outgoing(message),
        },
        readSentMessage,
        signal,
      ),
    send: (to, message, context, signal) =>
      call(
        {
          planned: { ...plan('message.create', context), chat: receiverOf(to).id },
          method: 'POST',
          path: MESSAGES,
          query: { receive_id_type: receiverOf(to).type },
          data: () => ({ receive_id: receiverOf(to).id, ...outgoing(message) }),
        },
        readSentMessage,
        signal,
      ),
    patchMessage: async (messageId, content, context, signal) => {
      await call(
        {
          planned: { ...plan('message.patch', context), message: messageId },
          method: 'PATCH',
          path: `${MESSAGES}/${segment(messageId)}`,
          data: () => ({ content: content() }),
        },
        done,
        signal,
      );
    },
    getMessage: (messageId, signal) =>
      call(
        {
          planned: { api: 'message.get', urgency: 'first' },
          method: 'GET',
          path: `${MESSAGES}/${segment(messageId)}`,
          // Without it a card comes back as a picture-like shape that has lost most of its words.
          query: { card_msg_content_type: 'user_card_content' },
        },
        (body) => ({ items: readList(body, 'data', 'items') }),
        signal,
      ),
    botInfo: (signal) =>
      call(
        { planned: { api: 'bot.info', urgency: 'first' }, method: 'GET', path: '/open-apis/bot/v3/info' },
        readBotInfo,
        signal,
      ),
    getChat: (chatId, signal) =>
      call(
        {
          planned: { api: 'chat.get', urgency: 'first' },
          method: 'GET',
          path: `/open-apis/im/v1/chats/${segment(chatId)}`,
          // The kind of id that events name people by, and thus `ADMINS` and `ALLOW`.
          query: { user_id_type: 'open_id' },
        },
        readChatInfo,
        signal,
      ),
    openImage: async (messageId, imageKey, signal) => {
      const { headers, body } = await download(
        {
          planned: { api: 'message.resource', urgency: 'first' },
          method: 'GET',
          path: `${MESSAGES}/${segment(messageId)}/resources/${segment(imageKey)}`,
          query: { type: 'image' },
        },
        signal,
      );
      const declared = headers['content-length'];
      return declared !== undefined && /^\d{1,15}$/.test(declared)
        ? { stream: body, declaredBytes: Number(declared) }
        : { stream: body };
    },
  };
}

function plan(api: string, { urgency, card, chat }: CallContext): PlannedCall {
  return { api, urgency, ...(card === undefined ? {} : { card }), ...(chat === undefined ? {} : { chat }) };
}

/** Ids come from events, so nothing in them may leave its place in the path. */
const segment = (id: string): string => encodeURIComponent(id);

function receiverOf(to: FeishuAddress): { readonly type: string; readonly id: string } {
  return 'openId' in to ? { type: 'open_id', id: to.openId } : { type: 'chat_id', id: to.chatId };
}

function outgoing({ msgType, content, uuid }: OutgoingMessage): Readonly<Record<string, string>> {
  return { msg_type: msgType, content, uuid };
}

function readCardId(body: unknown): { readonly cardId: string } | undefined {
  const cardId = readText(body, 'data', 'card_id');
  return cardId === undefined ? undefined : { cardId };
}

function readSentMessage(body: unknown): SentMessage | undefined {
  const messageId = readText(body, 'data', 'message_id');
  const chatId = readText(body, 'data', 'chat_id');
  const threadId = readText(body, 'data', 'thread_id');
  if (messageId === undefined || chatId === undefined) return undefined;
  return { messageId, chatId, ...(threadId === undefined ? {} : { threadId }) };
}

function readChatInfo(body: unknown): ChatInfo | undefined {
  if (!isFields(read(body, 'data'))) return undefined;
  const asked = readText(body, 'data', 'owner_id_type') === 'open_id';
  return { ownerOpenId: asked ? readText(body, 'data', 'owner_id') : undefined };
}

/** Flat: this API has no `data` around its answer. */
function readBotInfo(body: unknown): BotInfo | undefined {
  const openId = readText(body, 'bot', 'open_id');
  return openId === undefined
    ? undefined
    : {
        openId,
        name: readText(body, 'bot', 'app_name'),
        activateStatus: readNumber(body, 'bot', 'activate_status'),
      };
}
