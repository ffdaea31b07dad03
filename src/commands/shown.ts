import type { CommandAnswer, CommandContext } from './command.ts';
import type { Phrase } from '../reply/notices/phrase.ts';

/** Longest id or detail that is shown whole; the platforms' ids are shorter. */
const maxCodeLength = 160;
const leadingLetters = /^.{0,20}/u;

/** An id, or words of our own, that a chat shows as they are, whatever stands in them. */
export function asCode(text: string): string {
  return `\`${text
    .replace(/[\s\p{C}`]+/gu, ' ')
    .trim()
    .slice(0, maxCodeLength)}\``;
}

/** A name as somebody chose it: without whatever a chat could take for markup, a mention or an address. */
export function asName(name: string): string {
  const plain = name
    .replace(/[^\p{L}\p{N}\p{M}\- ]+/gu, ' ')
    .replace(/ +/g, ' ')
    .trim();
  return leadingLetters.exec(plain)?.[0] ?? '';
}

export type PrivateWords = {
  /** In the group: the answer is in the direct chat. */
  readonly sent: Phrase;
  /** In the group, where nothing can be sent to the asker alone. */
  readonly ask: Phrase;
};

/** What names people is read in the direct chat; asked for in a group, it comes there and the group gets one line. */
export async function privately(
  { turn, language, services, signal }: CommandContext,
  markdown: string,
  { sent, ask }: PrivateWords,
): Promise<CommandAnswer> {
  if (turn.message.place.kind === 'direct') return { markdown };
  const tell = services.inDirectChat(turn);
  if (tell === undefined) return { markdown: ask[language] };
  const told = await tell(markdown, signal).then(
    () => true,
    () => false, // not every platform lets a bot begin a direct chat; the line says what to do
  );
  return { markdown: (told ? sent : ask)[language] };
}
