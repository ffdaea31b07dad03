import { namedText, type Said } from '../../simulators/wecom/said.ts';
import type { WeComSimulator } from '../../simulators/wecom/simulator.ts';
import { splitThinking } from '../../simulators/wecom/thinking.ts';
import type { SimMessage, SimStream } from '../../simulators/wecom/world-types.ts';
import type { View } from '../pane.ts';
import { firstWords, textPieces, type Piece } from './shared/lines.ts';

/** A message as the page draws it: who, what, where it stands, and the streamed bubble as it really is now. */
export function viewMessage(message: SimMessage, { corp: { botName } }: WeComSimulator): View {
  const { messageId, chatId, sender, kind, createdMs, state, stream, feedbackId } = message;
  return {
    id: messageId,
    chat: chatId,
    parent: message.quotedId,
    from: sender.type === 'bot' ? 'bot' : sender.user.userId,
    type: kind,
    state,
    atMs: createdMs,
    lines: stream === undefined ? linesOf(message, botName) : [],
    summary:
      sender.type === 'bot' ? firstWords(splitThinking(stream?.content ?? message.text).answer) : undefined,
    // WeCom's own thumbs: under finished replies that asked for them.
    rateable: feedbackId !== undefined,
    card: stream === undefined ? undefined : viewStream(stream),
  };
}

function viewStream({ content, state, history }: SimStream): View {
  const { thinking, answer } = splitThinking(content);
  return {
    state,
    streaming: state === 'streaming',
    thinking: thinking.trim(),
    content: answer.trimStart(),
    updates: history.changes().length,
    bytes: Buffer.byteLength(content),
  };
}

function linesOf({ said, text, sender, media }: SimMessage, botName: string): readonly (readonly Piece[])[] {
  if (sender.type === 'bot') return [[{ kind: 'md', text }]];
  const words = (marked: string): readonly Piece[] =>
    textPieces(namedText(marked, botName), new Map([[botName, 'bot']]));
  switch (said?.kind) {
    case 'mixed':
      return mixedLines(said, words);
    case 'image':
      return [[{ kind: 'img', text: '0' }]];
    case 'voice':
      return [[{ kind: 'audio', text: said.transcript }]];
    case 'file':
    case 'video':
      return [[{ kind: said.kind, text: media[0]?.fileName ?? '' }]];
    case 'text':
      return [words(said.text)];
    case 'location':
    case 'link':
    case 'raw':
    case undefined:
      return [[{ kind: 'text', text }]];
  }
}

/** Pictures are known by their place among the message's media. */
function mixedLines(
  { items }: Extract<Said, { kind: 'mixed' }>,
  words: (text: string) => readonly Piece[],
): readonly (readonly Piece[])[] {
  const pictures = items.filter(({ kind }) => kind === 'image');
  return items.map((item) =>
    item.kind === 'text' ? words(item.text) : [{ kind: 'img', text: String(pictures.indexOf(item)) }],
  );
}
