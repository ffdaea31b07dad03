import type { JsonObject } from '../feishu/json.ts';
import { isObject } from '../feishu/json.ts';
import type { Platform } from './platform.ts';
import { quoteMembers, type Quote } from './quotes.ts';
import type { ReceivedBody } from './said.ts';
import type { SimChat, SimMessage, SimPerson } from './world-types.ts';

/** How a message deviates from the usual live shape. */
export type MessageForm = {
  /** `older`: robots from before `robotCode` and `senderStaffId`. */
  readonly robot?: 'current' | 'older';
  /** `isInAtList: true`, seen in direct chats too. */
  readonly directInAtList?: boolean;
  /** Members put over all others. */
  readonly members?: JsonObject;
};

/** The `data` of a robot message, without its body when the month's pushes are used up. */
export function robotMessage(
  message: SimMessage,
  chat: SimChat,
  sender: SimPerson,
  received: ReceivedBody,
  quote: Quote | undefined,
  withinQuota: boolean,
  form: MessageForm,
  platform: Platform,
): JsonObject {
  const time = (ms: number): number | string => (platform.rules.timesAs === 'number' ? ms : String(ms));
  const expiresMs = platform.now() + platform.rules.limits.sessionWebhookMs;
  const session = platform.world.addSession({ conversationId: chat.conversationId, expiresMs });
  const quoted = quote === undefined ? undefined : quoteMembers(quote, platform);
  return {
    senderPlatform: 'Mac',
    conversationId: chat.conversationId,
    openThreadId: chat.conversationId,
    ...groupMembers(chat, received, form, platform),
    chatbotCorpId: platform.app.corpId,
    chatbotUserId: platform.app.botUserId,
    msgId: message.msgId,
    senderNick: sender.name,
    ...senderMembers(sender, form, platform),
    senderUnionId: sender.unionId,
    senderCorpId: sender.corpId,
    senderId: sender.senderId,
    sessionWebhookExpiredTime: time(expiresMs),
    createAt: time(message.createdMs),
    conversationType: chat.kind === 'direct' ? '1' : '2',
    sessionWebhook: `${platform.urls.oapi}/robot/sendBySession?session=${session}`,
    ...(form.robot === 'older' ? {} : { robotCode: platform.app.robotCode }),
    msgtype: received.msgtype,
    ...(quoted?.top ?? {}),
    ...(withinQuota ? withQuote(received.body, quoted?.text) : overQuota(platform)),
    ...form.members,
  };
}

/** What only groups have; direct messages omit it all, but for `isInAtList` now and then. */
function groupMembers(
  chat: SimChat,
  received: ReceivedBody,
  form: MessageForm,
  platform: Platform,
): JsonObject {
  if (chat.kind === 'direct') return form.directInAtList === true ? { isInAtList: true } : {};
  const people = received.mentions.map(({ senderId, staffId }) => ({
    dingtalkId: senderId,
    ...(staffId === undefined ? {} : { staffId }),
  }));
  return {
    atUsers: [{ dingtalkId: platform.app.botUserId }, ...people],
    conversationTitle: chat.title,
    isInAtList: true,
  };
}

function senderMembers(sender: SimPerson, form: MessageForm, platform: Platform): JsonObject {
  if (!platform.console.published || form.robot === 'older') return {};
  const staffId = sender.staffId === undefined ? {} : { senderStaffId: sender.staffId };
  return { isAdmin: sender.admin, ...staffId };
}

function withQuote(body: JsonObject, text: JsonObject | undefined): JsonObject {
  if (text === undefined) return body;
  const own = isObject(body['text']) ? body['text'] : {};
  return { ...body, text: { ...own, ...text } };
}

function overQuota({ rules }: Platform): JsonObject {
  const message = '本月 Webhook&Stream 推送量已超过上限';
  return rules.pushQuotaMembers === 'errorCode'
    ? { errorCode: 20001, errorMessage: message }
    : { errCode: 20001, errMsg: message };
}
