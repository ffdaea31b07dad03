import type { AdapterId, Address } from '../../../src/contract/ids.ts';
import type { InboundFeedback } from '../../../src/contract/inbound.ts';
import { readNumber, readText } from '../../shared/json.ts';
import { eventKey, personKey } from '../ids.ts';
import { placeOf, readBotChat, type BotChat } from './bot-message.ts';
import { malformed, type Decoded } from './decoded.ts';

export type EventContext = {
  readonly adapter: AdapterId;
  /** Where a welcome goes. */
  readonly address: (found: BotChat & { readonly msgid: string }) => Address;
};

const VERDICTS: ReadonlyMap<number, InboundFeedback['verdict']> = new Map([
  [1, 'good'],
  [2, 'bad'],
  [3, 'withdrawn'],
]);

/** An event for the bot (path 101027). Pure, and never throws. */
export function decodeBotEvent(body: unknown, context: EventContext): Decoded {
  const msgid = readText(body, 'msgid');
  const userId = readText(body, 'from', 'userid');
  const chat = readBotChat(body);
  const type = readText(body, 'event', 'eventtype');
  if (type !== 'enter_chat' && type !== 'feedback_event') return { ignored: 'an event we do not use' };
  if (msgid === undefined) return malformed('msgid');
  if (userId === undefined || chat === undefined) return malformed('userid or chatid');
  const place = placeOf(body, chat, context.adapter);
  if (type === 'enter_chat') {
    // It comes on each day's first visit; the chat as the key makes one event of them all.
    const address = context.address({ ...chat, msgid });
    return { event: { type: 'joined', eventKey: eventKey('entered', chat.chatId), place, address } };
  }
  const reply = readText(body, 'event', type, 'id');
  const verdict = VERDICTS.get(readNumber(body, 'event', type, 'type') ?? 0);
  if (reply === undefined || verdict === undefined) return malformed('id or type of the feedback');
  const actor = { key: personKey(userId) };
  return { event: { type: 'feedback', eventKey: eventKey('feedback', msgid), place, actor, reply, verdict } };
}
