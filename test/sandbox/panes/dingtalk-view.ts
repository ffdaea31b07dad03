import { isObject, parseJson, stringOf } from '../../simulators/feishu/json.ts';
import type { DingTalkSimulator } from '../../simulators/dingtalk/simulator.ts';
import type { CardView } from '../../simulators/dingtalk/views.ts';
import type { SimMessage } from '../../simulators/dingtalk/world-types.ts';
import type { View } from '../pane.ts';
import { firstWords, textPieces, type Piece } from './shared/lines.ts';
import type { Mentionable } from './shared/mentions.ts';

export type Viewing = {
  readonly simulator: DingTalkSimulator;
  readonly mentionable: Mentionable;
  /** Ids of quoted messages: DingTalk tells a quote to the bot only, but the page draws it too. */
  readonly quotes: WeakMap<SimMessage, string>;
};

/** A message as the page draws it: who, what, where it stands, and the card as it really is now. */
export function viewMessage(message: SimMessage, { simulator, mentionable, quotes }: Viewing): View {
  const { msgId, conversationId, from, msgtype, createdMs, recalled } = message;
  const card = message.card === undefined ? undefined : simulator.card(message.card.outTrackId);
  return {
    id: msgId,
    chat: conversationId,
    parent: quotes.get(message),
    from: from.kind === 'bot' ? 'bot' : from.person.senderId,
    type: msgtype,
    state: recalled ? 'recalled' : 'sent',
    atMs: createdMs,
    lines: recalled || card !== undefined ? [] : linesOf(message, mentionable),
    summary: from.kind === 'bot' ? firstWords(card?.texts['content'] ?? message.text) : undefined,
    card: card === undefined ? undefined : viewCard(card, simulator),
  };
}

function viewCard(
  { state, texts, values, blank, buttons, privateValues, ...card }: CardView,
  simulator: DingTalkSimulator,
): View {
  const { content = '', facts = '', progress, notice, footer } = texts;
  return {
    state,
    streaming: state === 'processing' || state === 'inputting',
    blank,
    content,
    facts,
    progress,
    notice,
    footer,
    buttons: buttons.map(({ actionId, label }) => ({ actionId, label })),
    // By the ids the page knows people under.
    toasts: Object.fromEntries(
      Object.entries(privateValues).flatMap(([staffId, { toast }]) => {
        const person = simulator.person(staffId);
        return person === undefined || toast === undefined ? [] : [[person.senderId, toast]];
      }),
    ),
    updates: card.streamedUpdates,
    bytes: Buffer.byteLength(Object.values(values).join('')),
  };
}

function linesOf(message: SimMessage, people: Mentionable): readonly (readonly Piece[])[] {
  const body = contentOf(message);
  switch (message.msgtype) {
    case 'markdown':
    case 'sampleMarkdown':
      return [[{ kind: 'md', text: message.text }]];
    case 'picture':
      return [[{ kind: 'img', text: String(body['downloadCode']) }]];
    case 'richText':
      return richLines(body['richText'], people);
    case 'audio':
      return [
        [
          {
            kind: 'audio',
            text: `${Math.round(Number(body['duration']) / 1000)}″ ${String(body['recognition'])}`,
          },
        ],
      ];
    case 'file':
      return [[{ kind: 'file', text: String(body['fileName']) }]];
    case 'video':
      return [[{ kind: 'video', text: '' }]];
    default:
      return [textPieces(message.text, people)];
  }
}

function richLines(items: unknown, people: Mentionable): readonly (readonly Piece[])[] {
  const list: unknown[] = Array.isArray(items) ? items : [];
  return list
    .filter(isObject)
    .map((item) =>
      item['type'] === 'picture'
        ? [{ kind: 'img', text: String(item['downloadCode']) }]
        : textPieces(stringOf(item['text']) ?? '', people),
    );
}

function contentOf({ content: { content } }: SimMessage): Readonly<Record<string, unknown>> {
  const decoded = typeof content === 'string' ? parseJson(content) : content;
  return isObject(decoded) ? decoded : {};
}
