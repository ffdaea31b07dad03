import { createHash } from 'node:crypto';
import { readText } from '../../shared/json.ts';
import { malformed, type Decoded } from './decoded.ts';
import { eventKey, personKey } from './ids.ts';
import { placeOf } from './place.ts';

/** Ids of buttons are ours and short; anything longer is not one of them. */
const MAX_BUTTON_CHARACTERS = 200;

/**
 * `card.action.trigger`: the press of a button of ours, which carries `{"id": "…"}` as its value. The callback names
 * neither the kind of chat nor a topic. Cards of others and elements other than our buttons are ignored.
 */
export function decodeAction(raw: unknown): Decoded {
  const button = readText(raw, 'event', 'action', 'value', 'id');
  const openId = readText(raw, 'event', 'operator', 'open_id');
  const chatId = readText(raw, 'event', 'context', 'open_chat_id') ?? readText(raw, 'event', 'open_chat_id');
  if (button === undefined || button.length > MAX_BUTTON_CHARACTERS)
    return { ignored: 'not one of our buttons' };
  if (openId === undefined) return malformed('open_id of the operator');
  if (chatId === undefined) return malformed('open_chat_id');
  return {
    event: {
      type: 'action',
      eventKey: eventKey('action', readText(raw, 'header', 'event_id') ?? pressId(raw, openId, button)),
      place: placeOf(raw, chatId, 'group'),
      actor: { key: personKey(openId) },
      button,
    },
  };
}

/** Without an event id the press is known by its one-time callback token, the person and the button. */
function pressId(raw: unknown, openId: string, button: string): string {
  const press = [readText(raw, 'event', 'token'), readText(raw, 'header', 'create_time'), openId, button];
  return createHash('sha256').update(JSON.stringify(press)).digest('hex').slice(0, 32);
}
