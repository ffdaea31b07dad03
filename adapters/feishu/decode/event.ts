import { readText } from '../../shared/json.ts';
import { decodeAction } from './action.ts';
import { decodeBotAdded, decodeDirectChatEntered, decodeRecall, decodeRemoved } from './chat.ts';
import type { DecodeContext, Decoded } from './decoded.ts';
import { decodeMessage } from './message.ts';

const decoders: ReadonlyMap<string, (raw: unknown, context: DecodeContext) => Decoded> = new Map([
  ['im.message.receive_v1', decodeMessage],
  ['card.action.trigger', decodeAction],
  ['im.message.recalled_v1', decodeRecall],
  ['im.chat.member.bot.added_v1', decodeBotAdded],
  ['im.chat.access_event.bot_p2p_chat_entered_v1', decodeDirectChatEntered],
  ['im.chat.member.bot.deleted_v1', decodeRemoved],
  ['im.chat.disbanded_v1', decodeRemoved],
]);

/** One pushed event, as both modes carry it (`schema` 2.0). Pure, and never throws, whatever it is given. */
export function decodeEvent(raw: unknown, context: DecodeContext): Decoded {
  const type = readText(raw, 'header', 'event_type');
  if (type === undefined) return { ignored: 'no event_type' };
  const decoder = decoders.get(type);
  return decoder === undefined ? { ignored: 'an event we do not use' } : decoder(raw, context);
}
