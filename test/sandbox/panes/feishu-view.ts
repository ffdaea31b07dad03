import { isObject, parseJson, stringOf } from '../../simulators/feishu/json.ts';
import type { FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import type { SimMessage } from '../../simulators/feishu/world-types.ts';
import type { View } from '../pane.ts';
import type { Piece } from './shared/lines.ts';

/** A message as the page draws it: who, what, where it stands, and the card as it really is now. */
export function viewMessage(message: SimMessage, simulator: FeishuSimulator): View {
  const { sender } = message;
  const card = message.card === undefined ? undefined : simulator.card(message.messageId);
  return {
    id: message.messageId,
    chat: message.chatId,
    thread: message.threadId,
    threadRoot: message.threadId === undefined ? undefined : (message.topicRootId ?? message.messageId),
    parent: message.parentId,
    from: sender.type === 'app' ? 'bot' : sender.user.openId,
    type: message.messageType,
    state: message.state,
    atMs: message.createdMs,
    lines: message.state === 'sent' && card === undefined ? linesOf(message) : [],
    summary: card?.summary,
    card:
      card === undefined
        ? undefined
        : {
            json: card.json,
            streaming: card.streaming,
            printing: card.printing,
            updates: card.sequences.length,
            redraws: card.redraws,
            bytes: card.bytes,
          },
  };
}

function linesOf(message: SimMessage): readonly (readonly Piece[])[] {
  const content = parseJson(message.content);
  const body = isObject(content) ? content : {};
  switch (message.messageType) {
    case 'text':
      return [piecesOf(stringOf(body['text']) ?? '', message)];
    case 'post':
      return postLines(body['content'], message);
    case 'image':
      return [[{ kind: 'img', text: String(body['image_key']) }]];
    case 'file':
    case 'media':
      return [[{ kind: message.messageType, text: String(body['file_name']) }]];
    case 'audio':
      return [[{ kind: 'audio', text: `${Math.round(Number(body['duration']) / 1000)}″` }]];
    case 'location':
      return [[{ kind: 'location', text: String(body['name']) }]];
    default:
      return [[{ kind: message.messageType, text: '' }]];
  }
}

function postLines(content: unknown, message: SimMessage): readonly (readonly Piece[])[] {
  const paragraphs: unknown[] = Array.isArray(content) ? content : [];
  return paragraphs.map((paragraph) =>
    (Array.isArray(paragraph) ? paragraph : []).filter(isObject).flatMap((element): readonly Piece[] => {
      if (element['tag'] === 'img') return [{ kind: 'img', text: String(element['image_key']) }];
      if (element['tag'] === 'at') return [mention(String(element['user_id']), message)];
      if (element['tag'] === 'md') return [{ kind: 'md', text: String(element['text']) }];
      return [{ kind: 'text', text: stringOf(element['text']) ?? '' }];
    }),
  );
}

/** The text with its placeholders (`@_user_1`) resolved. */
function piecesOf(text: string, message: SimMessage): readonly Piece[] {
  return text
    .split(/(@_(?:user_\d+|all))/)
    .filter((part) => part !== '')
    .map((part) =>
      /^@_(?:user_\d+|all)$/.test(part) ? mention(part, message) : { kind: 'text', text: part },
    );
}

function mention(key: string, message: SimMessage): Piece {
  if (key === '@_all') return { kind: 'at', text: '@所有人' };
  const found = message.mentions.find((known) => known.key === key);
  return found === undefined ? { kind: 'text', text: key } : { kind: 'at', text: `@${found.user.name}` };
}

/** Whether a card shows words of an answer: text at its root, not in the folded reasoning. */
export function showsText(message: SimMessage): boolean {
  const body = message.card?.json['body'];
  const elements: unknown[] = isObject(body) && Array.isArray(body['elements']) ? body['elements'] : [];
  return elements
    .filter(isObject)
    .some(({ tag, content }) => tag === 'markdown' && typeof content === 'string' && content !== '');
}
