import { textOf } from './card.ts';
import { reviseCard, replacement } from './card-operations.ts';
import { CardProblem } from './card-problem.ts';
import { elementsOf } from './card-tree.ts';
import { isObject, type JsonObject } from './json.ts';
import { streamingNow } from './outgoing-content.ts';
import { announceCard, type Platform } from './platform.ts';
import type { CallbackAnswer, Pusher } from './push.ts';
import type { SimMessage, SimUser } from './world-types.ts';

/** Which button: by element id, by label, or by a member of its callback value. */
export type ButtonChoice =
  { readonly elementId: string } | { readonly label: string } | { readonly value: JsonObject };

/**
 * What the person sees after a press. `code` 0: accepted; 200340 nothing is connected, 200341 no answer in 3 s, 200671
 * the answer was an error, 200672 it was no answer the client understands, 200673 its card is invalid, 200830 its card
 * leaves schema 2.0. `card`: whether the answer replaced the card (it cannot while the card streams).
 */
export type PressOutcome = {
  readonly code: 0 | 200340 | 200341 | 200671 | 200672 | 200673 | 200830;
  readonly toast?: { readonly type: string; readonly content: string };
  readonly card: 'unchanged' | 'replaced' | 'ignored';
};

/** Presses a button of a shown card; throws when there is no such button or it cannot be pressed. */
export async function press(
  message: SimMessage,
  choice: ButtonChoice,
  by: SimUser,
  platform: Platform,
  pusher: Pusher,
): Promise<PressOutcome> {
  const { card } = message;
  const button = findButton(card?.json ?? message.legacyCard, choice);
  const token = platform.updateTokens.issue(message.messageId, platform.now());
  const event = callbackEvent(message, button, by, token, platform);
  if (card !== undefined) card.interactions += 1;
  try {
    const createdMs = platform.now();
    const answer = await pusher.call({
      eventId: platform.ids.hex(32),
      type: 'card.action.trigger',
      createdMs,
      event,
    });
    return show(answer, message, platform);
  } finally {
    if (card !== undefined) card.interactions -= 1;
    platform.updateTokens.answered(token);
  }
}

/** Every button of a card with its label, as a page would draw it. */
export function findButton(card: unknown, choice: ButtonChoice): JsonObject {
  const button = [...elementsOf(card)].find(
    (element) => element['tag'] === 'button' && matches(element, choice),
  );
  if (button === undefined) throw new Error('the card shows no such button');
  if (button['disabled'] === true) throw new Error('the button is disabled');
  return button;
}

function matches(button: JsonObject, choice: ButtonChoice): boolean {
  if ('elementId' in choice) return button['element_id'] === choice.elementId;
  if ('label' in choice) return textOf(button) === choice.label;
  const value = callbackValue(button);
  return isObject(value) && Object.entries(choice.value).every(([name, wanted]) => value[name] === wanted);
}

function callbackValue(button: JsonObject): unknown {
  const behaviors: unknown[] = Array.isArray(button['behaviors']) ? button['behaviors'] : [];
  const callback = behaviors.filter(isObject).find(({ type }) => type === 'callback');
  return callback === undefined ? button['value'] : callback['value'];
}

function callbackEvent(
  message: SimMessage,
  button: JsonObject,
  by: SimUser,
  token: string,
  platform: Platform,
): JsonObject {
  const value = callbackValue(button);
  if (value === undefined) throw new Error('the button has no callback');
  const name = button['name'] === undefined ? {} : { name: button['name'] };
  return {
    operator: {
      tenant_key: platform.app.tenantKey,
      user_id: by.userId,
      open_id: by.openId,
      union_id: by.unionId,
    },
    token,
    action: { value, tag: 'button', ...name },
    host: 'im_message',
    context: { open_message_id: message.messageId, open_chat_id: message.chatId },
  };
}

function show(answer: CallbackAnswer, message: SimMessage, platform: Platform): PressOutcome {
  if (answer.outcome === 'timeout') return { code: 200341, card: 'unchanged' };
  if (answer.outcome === 'no-connection') return { code: 200340, card: 'unchanged' };
  if (answer.outcome === 'refused') return { code: 200671, card: 'unchanged' };
  if (answer.body === undefined) {
    return { code: platform.rules.emptyCallbackAnswer === 'accepted' ? 0 : 200672, card: 'unchanged' };
  }
  if (!isObject(answer.body)) return { code: 200672, card: 'unchanged' };
  const { toast, card } = answer.body;
  const shown =
    isObject(toast) && typeof toast['content'] === 'string'
      ? {
          toast: {
            type: typeof toast['type'] === 'string' ? toast['type'] : 'info',
            content: toast['content'],
          },
        }
      : {};
  return card === undefined
    ? { code: 0, card: 'unchanged', ...shown }
    : { ...showCard(card, message, platform), ...shown };
}

function showCard(given: unknown, message: SimMessage, platform: Platform): PressOutcome {
  const json = isObject(given) && given['type'] === 'raw' ? given['data'] : undefined;
  if (!isObject(json)) return { code: 200673, card: 'unchanged' };
  const { card } = message;
  if (streamingNow(card, platform)) return { code: 0, card: 'ignored' };
  if (card === undefined) {
    message.legacyCard = json;
  } else {
    if (json['schema'] !== '2.0') return { code: 200830, card: 'unchanged' };
    try {
      const operation = { arrivedMs: platform.now(), sequence: card.lastSequence };
      reviseCard(card, operation, platform.cardOptions, () =>
        replacement(card, json, operation.arrivedMs, platform.cardOptions),
      );
    } catch (error) {
      if (error instanceof CardProblem) return { code: 200673, card: 'unchanged' };
      throw error;
    }
    announceCard(platform, card);
  }
  return { code: 0, card: 'replaced' };
}
