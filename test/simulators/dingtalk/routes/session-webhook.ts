import { isObject, type JsonObject } from '../../feishu/json.ts';
import { addBotMessage } from '../bot-message.ts';
import { oapiRefusal } from '../fault.ts';
import { isSafe, type Platform } from '../platform.ts';
import { textOf, type ApiAnswer, type ApiRequest, type Route } from '../route.ts';

/** Required members by `msgtype`. Pictures, files and cards have no webhook form. */
const required: Readonly<Record<string, readonly string[]>> = {
  text: ['content'],
  markdown: ['title', 'text'],
  link: ['title', 'text', 'messageUrl'],
  actionCard: ['title', 'text'],
  feedCard: [],
};

/** The reply address that comes with every message: no token, good for 90 minutes. */
export function sessionWebhookRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'robot.sendBySession',
      host: 'oapi',
      method: 'POST',
      path: '/robot/sendBySession',
      token: 'none',
      metered: platform.rules.sessionWebhookCounts ? 'month' : 'none',
      handle: (request) => send(request, platform),
    },
  ];
}

function send({ body, query, arrivedMs, note }: ApiRequest, platform: Platform): ApiAnswer {
  const session = platform.world.session(query.get('session') ?? '');
  if (session === undefined || session.expiresMs <= arrivedMs) throw oapiRefusal(300001, 'session 不存在');
  const { conversationId } = session;
  note({ conversationId });
  const chat = platform.world.chat(conversationId);
  if (chat === undefined || chat.disbanded) throw oapiRefusal(400013, '群已被解散');
  if (!chat.botPresent) throw oapiRefusal(400102, '机器人已停用');
  const { msgtype, content } = decode(body);
  platform.limits.session(conversationId, arrivedMs);
  const text = textOf(content, msgtype === 'text' ? 'content' : 'text') ?? '';
  if (!isSafe(platform, text)) throw oapiRefusal(430104, '消息内容不合适');
  addBotMessage(platform, {
    conversationId,
    via: 'session-webhook',
    msgtype,
    text,
    title: textOf(content, 'title'),
    content: body,
    pings: pingsOf(body, text),
  });
  return { json: { errcode: 0, errmsg: 'ok' } };
}

function decode(body: JsonObject): { readonly msgtype: string; readonly content: JsonObject } {
  const msgtype = textOf(body, 'msgtype') ?? '';
  const members = required[msgtype];
  if (members === undefined) throw oapiRefusal(400105, '不支持的消息类型');
  const content = body[msgtype];
  if (!isObject(content) || !members.every((name) => textOf(content, name) !== undefined))
    throw oapiRefusal(40035, '缺少参数 json');
  return { msgtype, content };
}

/** Only who is named in the text and listed beside it is notified. */
function pingsOf(body: JsonObject, text: string): ReadonlySet<string> {
  const at = isObject(body['at']) ? body['at'] : {};
  const userIds: unknown[] = Array.isArray(at['atUserIds']) ? at['atUserIds'] : [];
  const people = userIds.map(String).filter((id) => text.includes(`@${id}`));
  return new Set(at['isAtAll'] === true ? [...people, 'all'] : people);
}
