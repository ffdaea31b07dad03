import { replaceCard, textOf } from '../card.ts';
import { FeishuFault } from '../fault.ts';
import { messageShape } from '../message-shape.ts';
import { checkContent } from '../outgoing-content.ts';
import { announceCard, type Platform } from '../platform.ts';
import { requiredString, success, type Route } from '../route.ts';
import { chatWithBot, livingMessage } from '../world.ts';
import type { SimMessage } from '../world-types.ts';

const path = '/open-apis/im/v1/messages/:message_id';
const scopes = ['im:message', 'im:message:send_as_bot', 'im:message:update'];
const updateWindowMs = 14 * 86_400_000;

/** PATCH replaces a card, PUT edits a text or post. */
export function messageEditRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'im.message.patch',
      method: 'PATCH',
      path,
      scopes,
      handle({ params, body, arrivedMs, note }) {
        const message = ownMessage(params['message_id'] ?? '', platform);
        note({ messageId: message.messageId, chatId: message.chatId });
        platform.limits.message(message.messageId, arrivedMs);
        if (arrivedMs - message.createdMs >= updateWindowMs) {
          throw new FeishuFault(230031, 'Message can only be modified within 14 days after sending.');
        }
        patchCard(message, requiredString(body, 'content', 1_000_000), arrivedMs, platform);
        return success();
      },
    },
    {
      api: 'im.message.update',
      method: 'PUT',
      path,
      scopes,
      handle({ params, body, arrivedMs, note }) {
        const message = ownMessage(params['message_id'] ?? '', platform);
        note({ messageId: message.messageId, chatId: message.chatId });
        const messageType = requiredString(body, 'msg_type', 50);
        if (messageType !== 'text' && messageType !== 'post') {
          throw new FeishuFault(
            230001,
            'Your request contains an invalid request parameter, ext=only text and post can be edited',
          );
        }
        if (message.messageType === 'interactive') {
          throw new FeishuFault(230054, 'This operation is not supported for this message type.');
        }
        if (message.edits >= platform.rules.limits.edits) {
          throw new FeishuFault(230072, 'The message has reached the number of times it can be edited.');
        }
        const chat = chatWithBot(platform.world, message.chatId);
        const outgoing = checkContent(
          messageType,
          requiredString(body, 'content', 1_000_000),
          chat,
          platform,
        );
        Object.assign(message, {
          messageType,
          content: outgoing.content,
          updatedMs: arrivedMs,
          edits: message.edits + 1,
        });
        platform.changes.emit({
          type: 'message-changed',
          messageId: message.messageId,
          chatId: message.chatId,
        });
        return success(messageShape(message, platform));
      },
    },
  ];
}

function ownMessage(messageId: string, platform: Platform): SimMessage {
  const message = livingMessage(platform.world, messageId);
  chatWithBot(platform.world, message.chatId);
  if (message.sender.type !== 'app') throw new FeishuFault(230027, 'Lack of necessary permissions.');
  return message;
}

function patchCard(message: SimMessage, content: string, nowMs: number, platform: Platform): void {
  if (message.messageType !== 'interactive') {
    throw new FeishuFault(
      230001,
      'Your request contains an invalid request parameter, ext=This message is NOT a card.',
    );
  }
  if (message.card?.cardId !== undefined) {
    throw new FeishuFault(
      230001,
      'Your request contains an invalid request parameter, ext=a card entity is updated through its own API',
    );
  }
  const chat = chatWithBot(platform.world, message.chatId);
  const { card, legacyCard } = checkContent('interactive', content, chat, platform);
  if ((card === undefined) !== (message.card === undefined) || card?.cardId !== undefined) {
    throw new FeishuFault(
      230099,
      'Failed to create card content, ext=ErrCode: 200830; ErrMsg: schema V2 card can not change schema version; ErrorValue: ; code:230099',
    );
  }
  message.legacyCard = legacyCard;
  message.updatedMs = nowMs;
  if (card !== undefined && message.card !== undefined) {
    for (const [elementId, element] of card.report.elements) {
      const before = textOf(message.card.report.elements.get(elementId));
      if (before === textOf(element)) continue;
      const change = { atMs: nowMs, elementId, sequence: 0, streamed: false };
      message.card.history.record(change, before, textOf(element));
    }
    replaceCard(message.card, card.json, card.report);
    card.report.mentions.forEach((id) => message.pings.add(id));
    announceCard(platform, message.card);
  }
  platform.changes.emit({ type: 'message-changed', messageId: message.messageId, chatId: message.chatId });
}
