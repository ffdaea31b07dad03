import { isObject, parseJson, type JsonObject } from '../feishu/json.ts';
import type { WebhookAnswer } from '../feishu/webhook.ts';
import { addBotMessage } from './bot-message.ts';
import { everyEvent, robotTopic, type PushFrame } from './frames.ts';
import { postCallback, type CallbackSignature, type CallbackTarget } from './http-callback.ts';
import type { Platform } from './platform.ts';
import type { Delivery, Pusher, PushOptions } from './push.ts';
import type { Quote } from './quotes.ts';
import { robotMessage, type MessageForm } from './robot-message.ts';
import { receivedBody, type ReceivedBody, type Said } from './said.ts';
import type { SimChat, SimMessage, SimPerson } from './world-types.ts';

/** How a message is handed to the bot. */
export type SayOptions = {
  readonly chat: SimChat;
  readonly from: SimPerson;
  readonly said: Said;
  readonly quote?: Quote;
  /** Mentions the bot although the content has no place for it, as pictures in groups do. */
  readonly atBot?: boolean;
  /** When it was sent, if not now: for stale messages. */
  readonly sentMs?: number;
  /** `auto` (default) pushes what the platform would push; `never` only puts it into the chat. */
  readonly push?: 'auto' | 'always' | 'never';
  /** Deliveries of the same message, each in a frame of its own. */
  readonly copies?: number;
  readonly form?: MessageForm;
  readonly connection?: PushOptions['connection'];
};

export type SaidMessage = { readonly message: SimMessage; readonly deliveries: readonly Promise<Delivery>[] };

/** What people do in the chats, and the pushes that follow. Every method acts at once; the promises are the pushes. */
export type People = {
  say(options: SayOptions): SaidMessage;
  /** Pushes a message again: same `msgId`, new frame. */
  redeliver(message: SimMessage, options?: PushOptions): Promise<Delivery>;
  /** The JSON a message was pushed with. */
  pushed(message: SimMessage): JsonObject;
  /** Posts a message, or any other body, to the callback address under any signature; undefined when nothing answers. */
  forge(
    url: string,
    body: SimMessage | JsonObject,
    signature: CallbackSignature,
  ): Promise<WebhookAnswer | undefined>;
  /** An event of the organisation, for whoever subscribed to `EVENT *`. */
  event(eventType: string, data: JsonObject, options?: PushOptions): Promise<Delivery>;
  /** Robot messages go to this address from now on; undefined returns to Stream. */
  useCallback(target: CallbackTarget | undefined): void;
};

const rememberedPushes = 20_000;
const notInGroups = new Set(['audio', 'video', 'file']);

export function createPeople(platform: Platform, pusher: Pusher): People {
  const { ids, world, changes } = platform;
  const frames = new Map<string, PushFrame>();
  let target: CallbackTarget | undefined;

  function remember(msgId: string, frame: PushFrame): void {
    frames.set(msgId, frame);
    const oldest = frames.keys().next().value;
    if (frames.size > rememberedPushes && oldest !== undefined) frames.delete(oldest);
  }

  function frameOf({ msgId }: SimMessage): PushFrame {
    const frame = frames.get(msgId);
    if (frame === undefined) throw new Error('this message was never pushed');
    return frame;
  }

  function deliver(message: SimMessage, options: PushOptions): Promise<Delivery> {
    const { msgId } = message;
    const frame = frameOf(message);
    if (target === undefined) return pusher.deliver(frame, { ...options, msgId });
    return pusher.post(httpFrame(frame, platform), target, msgId, ({ body }) =>
      showAnswer(body, message, platform),
    );
  }

  return {
    say(options) {
      const { chat, from, said, quote, form = {}, copies = 1, connection } = options;
      if (chat.kind === 'group' && notInGroups.has(said.kind)) {
        throw new Error(`people cannot send ${said.kind} to a bot in a group`);
      }
      const received = receivedBody(said, platform);
      const message = putIntoChat(options, received, platform);
      if (!isPushed(options, received)) return { message, deliveries: [] };
      const allowed = platform.limits.push(platform.now());
      const data = robotMessage(message, chat, from, received, quote, allowed, form, platform);
      remember(message.msgId, { type: 'CALLBACK', topic: robotTopic, data });
      const push = connection === undefined ? {} : { connection };
      return { message, deliveries: Array.from({ length: copies }, () => deliver(message, push)) };
    },
    redeliver: (message, options = {}) => deliver(message, options),
    pushed: (message) => structuredClone(frameOf(message).data),
    forge(url, body, signature) {
      const data = isMessage(body) ? frameOf(body).data : body;
      return postCallback({ url, signature }, data, platform);
    },
    event(eventType, data, options) {
      platform.limits.push(platform.now());
      const headers = {
        eventType,
        eventId: ids.hex(32),
        eventCorpId: platform.app.corpId,
        eventBornTime: String(platform.now()),
        eventUnifiedAppId: platform.app.unifiedAppId,
      };
      return pusher.deliver({ type: 'EVENT', topic: everyEvent, data, headers }, options);
    },
    useCallback(next) {
      target = next;
    },
  };

  function putIntoChat(options: SayOptions, received: ReceivedBody, { now }: Platform): SimMessage {
    const { msgtype, body, shown, mentions, resources } = received;
    const message = world.addMessage({
      conversationId: options.chat.conversationId,
      from: { kind: 'person', person: options.from },
      msgtype,
      text: shown,
      title: undefined,
      content: body,
      createdMs: options.sentMs ?? now(),
      resources,
      processQueryKey: undefined,
      card: undefined,
      pings: new Set(mentions.map(({ staffId, senderId }) => staffId ?? senderId)),
    });
    changes.emit({ type: 'message-created', msgId: message.msgId, conversationId: message.conversationId });
    return message;
  }
}

function isMessage(body: SimMessage | JsonObject): body is SimMessage {
  return 'from' in body && body['resources'] !== undefined;
}

/** Direct messages always; of a group only what mentions the bot. */
function isPushed({ chat, push = 'auto', atBot = false }: SayOptions, received: ReceivedBody): boolean {
  if (push !== 'auto') return push === 'always';
  const addressed = chat.kind === 'direct' || atBot || received.mentionsBot;
  return addressed && chat.botPresent && !chat.disbanded;
}

/** One documented sample of HTTP callbacks has the text at the top. */
function httpFrame(frame: PushFrame, { rules }: Platform): PushFrame {
  const { text, ...rest } = frame.data;
  if (rules.httpTextPlace === 'text' || !isObject(text)) return frame;
  return { ...frame, data: { ...rest, content: text['content'] } };
}

/** A callback may be answered with a message, which then appears in the chat. */
function showAnswer(body: string, asked: SimMessage, platform: Platform): void {
  const answer = parseJson(body);
  if (!isObject(answer) || (answer['msgtype'] !== 'text' && answer['msgtype'] !== 'markdown')) return;
  const part = answer[answer['msgtype']];
  const { content, text, title } = isObject(part) ? part : {};
  const shown = answer['msgtype'] === 'text' ? content : text;
  if (typeof shown !== 'string') return;
  addBotMessage(platform, {
    conversationId: asked.conversationId,
    via: 'callback-answer',
    msgtype: answer['msgtype'],
    text: shown,
    title: typeof title === 'string' ? title : undefined,
    content: answer,
  });
}
