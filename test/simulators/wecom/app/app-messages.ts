import { isObject, stringOf, type JsonObject } from '../../feishu/json.ts';
import { rememberIn } from '../bounded-map.ts';
import { replaceCard, showMessage } from '../bubbles.ts';
import { cutText } from '../cut-text.ts';
import { invalidParameter, WeComFault } from '../fault.ts';
import type { HttpAnswer, HttpRequest } from '../http-service.ts';
import type { Platform } from '../platform.ts';
import { cardReply, mediaReply, requiredObject } from '../reply-content.ts';
import type { SimMessage, SimUser } from '../world-types.ts';

/** What the app sends: to any number of members, each with the message in their own chat with the app. */
export type AppMessages = {
  send(request: HttpRequest): HttpAnswer;
  recall(request: HttpRequest): HttpAnswer;
  updateCard(request: HttpRequest): HttpAnswer;
  /** A code with which a pressed card may be replaced, once, within 72 hours. */
  responseCode(message: SimMessage): string;
};

type Content = Pick<SimMessage, 'kind'> & Partial<Pick<SimMessage, 'text' | 'card' | 'media' | 'cut'>>;

const ok = { errcode: 0, errmsg: 'ok' };
const hourMs = 3_600_000;
const recallMs = 24 * hourMs;
const responseCodeMs = 72 * hourMs;
const remembered = 20_000;
const maxRecipients = 1000;

export function createAppMessages(platform: Platform): AppMessages {
  const { corp, ids, world, quotas } = platform;
  const sent = new Map<string, readonly SimMessage[]>();
  const codes = new Map<string, { readonly messages: readonly SimMessage[]; readonly issuedMs: number }>();
  const repeats = new Map<string, number>();

  function recipientsOf(body: JsonObject): {
    readonly found: readonly SimUser[];
    readonly invalid: readonly string[];
  } {
    const toUser = stringOf(body['touser']) ?? '';
    if (toUser === '@all') return { found: world.users(), invalid: [] };
    const names = [...new Set(toUser.split('|').filter((name) => name !== ''))];
    if (names.length > maxRecipients) throw invalidParameter('touser takes at most 1000');
    const found = names.flatMap((name) => world.user(name) ?? []);
    return { found, invalid: names.filter((name) => world.user(name) === undefined) };
  }

  /** Whether the same was sent within the time the request names: then nobody gets it again. */
  function isRepeat(body: JsonObject): boolean {
    if (body['enable_duplicate_check'] !== 1) return false;
    const interval = body['duplicate_check_interval'];
    const lifeMs = Math.min(typeof interval === 'number' ? interval : 1800, 14_400) * 1000;
    const key = JSON.stringify([body['touser'], body['msgtype'], body[String(body['msgtype'])]]);
    const lastMs = repeats.get(key);
    if (lastMs !== undefined && platform.now() - lastMs < lifeMs) return true;
    rememberIn(repeats, key, platform.now(), remembered);
    return false;
  }

  function issueCode(messages: readonly SimMessage[]): string {
    const code = ids.word(40);
    rememberIn(codes, code, { messages, issuedMs: platform.now() }, remembered);
    return code;
  }

  return {
    send({ body, note, arrivedMs }) {
      if (Number(body['agentid']) !== corp.agentId) throw new WeComFault(40056, 'invalid agentid');
      const content = contentOf(body, platform);
      note({ contentBytes: Buffer.byteLength(textOf(body)) });
      const { found, invalid } = recipientsOf(body);
      if (found.length === 0) throw new WeComFault(81013, 'user & party & tag all invalid');
      quotas.personSends(found.length, arrivedMs);
      const repeated = isRepeat(body);
      const reached = repeated ? [] : found.filter(({ userId }) => quotas.member(userId, arrivedMs));
      const messageId = ids.word(80);
      const messages = reached.map((user, index) => {
        const chat = world.appChat(user);
        note({ chatId: chat.chatId });
        // Of a message to several, each copy needs an id of its own here.
        return showMessage(chat, { ...content, messageId: index === 0 ? messageId : ids.word(80) }, platform);
      });
      if (reached.length < found.length) note({ unseen: repeated ? 'duplicate' : 'quota' });
      rememberIn(sent, messageId, messages, remembered);
      const invaliduser = invalid.length === 0 ? {} : { invaliduser: invalid.join('|') };
      const code = content.card === undefined ? {} : { response_code: issueCode(messages) };
      return { json: { ...ok, ...invaliduser, msgid: messageId, ...code } };
    },
    recall({ body }) {
      const messages = sent.get(stringOf(body['msgid']) ?? '');
      const first = messages?.[0];
      if (messages === undefined || (first !== undefined && platform.now() - first.createdMs >= recallMs))
        throw new WeComFault(41078, 'invalid msgid');
      for (const message of messages) {
        message.state = 'recalled';
        const { messageId, chatId } = message;
        platform.changes.emit({ type: 'message-changed', messageId, chatId });
      }
      return { json: ok };
    },
    updateCard({ body }) {
      if (Number(body['agentid']) !== corp.agentId) throw new WeComFault(40056, 'invalid agentid');
      const code = stringOf(body['response_code']) ?? '';
      const issued = codes.get(code);
      if (issued === undefined || platform.now() - issued.issuedMs >= responseCodeMs)
        throw new WeComFault(42045, 'response_code expired or used');
      const button = body['button'];
      const json = isObject(button) ? undefined : cardReply(body).json;
      codes.delete(code);
      for (const message of issued.messages) {
        replaceCard(message, json ?? { ...message.card?.json, button_list: [button] }, platform);
      }
      return { json: ok };
    },
    responseCode: (message) => issueCode([message]),
  };

  function contentOf(body: JsonObject, { rules: { limits } }: Platform): Content {
    const kind = stringOf(body['msgtype']) ?? '';
    switch (kind) {
      case 'text':
      case 'markdown': {
        const content = textOf(body);
        if (content === '') throw new WeComFault(44004, 'empty content');
        return { kind, ...cutText(content, limits.appTextBytes) };
      }
      case 'image':
      case 'file':
      case 'voice':
      case 'video':
        return { kind, media: [mediaReply(body, kind, platform)] };
      case 'textcard': {
        const { title, description, url } = requiredObject(body, kind);
        if (typeof title !== 'string' || typeof description !== 'string' || typeof url !== 'string')
          throw new WeComFault(40058, 'textcard needs title, description and url');
        return { kind, text: `${title}\n${description}\n${url}` };
      }
      case 'template_card':
        return { kind, card: { json: cardReply(body).json, earlier: [] } };
      default:
        throw new WeComFault(40008, 'invalid message type');
    }
  }
}

function textOf(body: JsonObject): string {
  const content = body[String(body['msgtype'])];
  return isObject(content) ? (stringOf(content['content']) ?? '') : '';
}
