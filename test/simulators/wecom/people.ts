import { stringOf, type JsonObject } from '../feishu/json.ts';
import type { AppCallback } from './app/app-callback.ts';
import { eventXml, messageXml } from './app/callback-xml.ts';
import { element, parent } from './app/xml.ts';
import { rememberIn } from './bounded-map.ts';
import type { BotCallbacks } from './bot-callbacks.ts';
import { cardEventDetail, findAction, type Selections } from './card-actions.ts';
import type { Delivery } from './delivery.ts';
import type { Platform } from './platform.ts';
import { attachments, mentionsBot, shownText, type Said } from './said.ts';
import type { SimChat, SimMessage, SimUser } from './world-types.ts';

/** How a message is handed to the bot, or in an `app` chat to the app. */
export type SayOptions = {
  readonly chat: SimChat;
  readonly from: SimUser;
  readonly said: Said;
  /** Quotes this message of the chat; its pictures get addresses of their own. */
  readonly quoting?: SimMessage;
  /** When it was sent, if not now. */
  readonly sentMs?: number;
  /** `auto` (default) delivers what the platform would deliver; `never` only puts it into the chat. */
  readonly push?: 'auto' | 'always' | 'never';
  /** Deliveries of the same callback (same msgid), one after the other. */
  readonly copies?: number;
};

export type SaidMessage = { readonly message: SimMessage; readonly deliveries: readonly Promise<Delivery>[] };

/** A person's verdict on a reply. */
export type Rating = {
  readonly message: SimMessage;
  readonly by: SimUser;
  readonly verdict: 'good' | 'bad' | 'cancelled';
  readonly content?: string;
  /** 1 off topic, 2 incomplete, 3 wrong, 4 data analysis. */
  readonly reasons?: readonly (1 | 2 | 3 | 4)[];
};

/** What people do in the chats, and the callbacks that follow. Every method acts at once; the promises are the deliveries. */
export type People = {
  say(options: SayOptions): SaidMessage;
  /** The callback of a message again, with the same msgid or MsgId. */
  redeliver(message: SimMessage): Promise<Delivery>;
  /** Opens the chat with the bot: an event, but only the first time in a day. */
  enterChat(user: SimUser): Promise<Delivery> | undefined;
  /** Presses a button of a template card; throws when there is none with this key. */
  press(press: {
    readonly message: SimMessage;
    readonly key: string;
    readonly by: SimUser;
    readonly selections?: Selections;
  }): Promise<Delivery>;
  /** Rates a reply that carried a feedback id; throws otherwise. */
  rate(rating: Rating): Promise<Delivery>;
  /** Any event of the app: `enter_agent`, `subscribe`, `click`, … */
  appEvent(event: string, from: SimUser, members?: JsonObject): Promise<Delivery>;
};

export type PeopleOptions = {
  readonly platform: Platform;
  readonly bot: BotCallbacks;
  readonly app: AppCallback;
  /** A code with which the app may replace a pressed card. */
  readonly responseCode: (message: SimMessage) => string;
  readonly record: (delivery: Delivery) => void;
};

const dayMs = 86_400_000;
const rememberedMessages = 20_000;
const verdicts = { good: 1, bad: 2, cancelled: 3 } as const;

export function createPeople({ platform, bot, app, responseCode, record }: PeopleOptions): People {
  const { ids, world, changes, corp } = platform;
  const entered = new Map<string, number>();
  const appMessages = new Map<
    string,
    { readonly chat: SimChat; readonly xml: string; readonly kind: string }
  >();
  let appEvents = 0;

  function put({ chat, from, said, quoting, sentMs }: SayOptions): SimMessage {
    const message = world.addMessage({
      messageId: chat.kind === 'app' ? ids.appMessageId() : ids.messageId(),
      chatId: chat.chatId,
      sender: { type: 'user', user: from },
      kind: said.kind === 'raw' ? said.messageType : said.kind,
      text: shownText(said, corp.botName),
      createdMs: sentMs ?? platform.now(),
      said,
      quotedId: quoting?.messageId,
      media: attachments(said).map(({ type, file: { bytes, fileName = '' } }) => ({ type, bytes, fileName })),
    });
    changes.emit({ type: 'message-created', messageId: message.messageId, chatId: chat.chatId });
    return message;
  }

  function toApp(chat: SimChat, xml: string, messageId: string, kind: string): Promise<Delivery> {
    const delivery: Delivery = { channel: 'app-callback', messageId, kind, attempts: [], state: 'pending' };
    record(delivery);
    return app.deliver(chat, xml, delivery);
  }

  function appEventOf(event: string, from: SimUser, elements: readonly string[]): Promise<Delivery> {
    appEvents += 1;
    const xml = eventXml(event, from, platform.now(), elements, platform);
    return toApp(world.appChat(from), xml, `event-${appEvents}`, event);
  }

  return {
    say(options) {
      const { chat, from, said, push = 'auto', copies = 1 } = options;
      const reaches = push === 'always' || (push === 'auto' && isDelivered(options, bot, platform));
      const message = put(options);
      if (!reaches) return { message, deliveries: [] };
      if (chat.kind === 'app') {
        const { messageId, createdMs, kind } = message;
        const xml = messageXml(said, from, messageId, createdMs, platform);
        rememberIn(appMessages, messageId, { chat, xml, kind }, rememberedMessages);
        const deliveries = Array.from({ length: copies }, () => toApp(chat, xml, messageId, kind));
        return { message, deliveries };
      }
      chat.wroteToBot = true;
      const first = bot.message(message, said, chat, from);
      const more = Array.from({ length: copies - 1 }, () => bot.again(message.messageId));
      return { message, deliveries: [first, ...more] };
    },
    redeliver({ messageId }) {
      const toAppBefore = appMessages.get(messageId);
      if (toAppBefore === undefined) return bot.again(messageId);
      return toApp(toAppBefore.chat, toAppBefore.xml, messageId, toAppBefore.kind);
    },
    enterChat(user) {
      const day = Math.floor(platform.now() / dayMs);
      if (entered.get(user.userId) === day) return undefined;
      entered.set(user.userId, day);
      return bot.event('enter_chat', {}, { chat: world.directChat(user), from: user });
    },
    press({ message, key, by, selections = {} }) {
      const card = message.card?.json;
      const chat = world.chat(message.chatId);
      if (card === undefined || chat === undefined) throw new Error('the message shows no card');
      const action = findAction(card, key);
      if (chat.kind === 'app')
        return appEventOf('template_card_event', by, appCardElements(message, key, selections));
      const detail = cardEventDetail(action, selections, platform.rules.cardEventSpelling);
      return bot.event('template_card_event', detail, { chat, from: by, pressed: message });
    },
    rate({ message, by, verdict, content, reasons }) {
      const chat = world.chat(message.chatId);
      const id = message.feedbackId;
      if (id === undefined || chat === undefined) throw new Error('the reply carries no feedback id');
      const detail = {
        id,
        type: verdicts[verdict],
        ...(content === undefined ? {} : { content }),
        ...(reasons === undefined ? {} : { inaccurate_reason_list: [...reasons] }),
      };
      return bot.event('feedback_event', { feedback_event: detail }, { chat, from: by });
    },
    appEvent(event, from, members = {}) {
      const elements = Object.entries(members).map(([name, value]) =>
        element(name, typeof value === 'number' ? value : String(value)),
      );
      return appEventOf(event, from, elements);
    },
  };

  function appCardElements(message: SimMessage, key: string, selections: Selections): readonly string[] {
    const items = Object.entries(selections).map(([question, options]) =>
      parent(
        'SelectedItem',
        element('QuestionKey', question),
        parent('OptionIds', ...options.map((option) => element('OptionId', option))),
      ),
    );
    return [
      element('EventKey', key),
      element('TaskId', stringOf(message.card?.json['task_id']) ?? ''),
      element('CardType', String(message.card?.json['card_type'])),
      element('ResponseCode', responseCode(message)),
      ...(items.length === 0 ? [] : [parent('SelectedItems', ...items)]),
    ];
  }
}

/** Everything in a direct chat that there is a form for; of a group text and mixed messages that mention the bot. */
function isDelivered({ chat, from, said }: SayOptions, bot: BotCallbacks, { rules }: Platform): boolean {
  if (!chat.botPresent) return false;
  if (chat.kind === 'app') return said.kind !== 'file' && said.kind !== 'mixed';
  const { limits } = rules;
  if (attachments(said).some(({ type, file }) => type === 'file' && file.bytes.length > limits.fileBytes))
    return false;
  if (rules.fourthInteraction === 'drop' && bot.unanswered(from) >= limits.interactionsPerUser) return false;
  return chat.kind === 'single' || mentionsBot(said);
}
