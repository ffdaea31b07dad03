import type { UnreadableKind } from '../contract/inbound.ts';
import type { QuotedMessage } from '../contract/media.ts';
import { lonePicture, picturesAsData, unreadableAsData } from '../reply/notices/admission.ts';
import type { Language } from '../store/store.ts';

/** A quoted message longer than this is cut; it is context, not the question. In UTF-16 units. */
const maxQuoteLength = 8_000;

const quoteLabels: Readonly<Record<Language, Readonly<Record<QuotedMessage['author'], string>>>> = {
  zh: { self: '你先前的回答', person: '同事的消息', 'other-bot': '另一个机器人的消息' },
  en: { self: 'your earlier answer', person: 'a colleague’s message', 'other-bot': 'another bot’s message' },
};

function quoted(quote: QuotedMessage, language: Language): string {
  const label = quoteLabels[language][quote.author];
  const text = quote.text.length > maxQuoteLength ? `${quote.text.slice(0, maxQuoteLength)}…` : quote.text;
  const notes = quote.unreadable.map((kind) => unreadableAsData(kind)[language]);
  // Each line is marked, so that nothing inside can look as if the quotation had ended.
  const lines = [text, ...notes].join('\n').trim().split('\n');
  const heading = language === 'zh' ? `[引用：${label}]` : `[Quotation: ${label}]`;
  return [heading, ...lines.map((line) => `> ${line}`)].join('\n');
}

export type QuestionParts = {
  readonly text: string;
  readonly quote: QuotedMessage | undefined;
  readonly unreadable: readonly UnreadableKind[];
  readonly pictures: number;
  /** Pictures that were sent along but cannot be shown to the model. */
  readonly missingPictures: number;
  readonly language: Language;
};

/** What the model reads as the person's turn: the quotation as marked data, then the person's own words. */
export function composeQuestion(parts: QuestionParts): string {
  const { text, quote, unreadable, pictures, missingPictures, language } = parts;
  const own = text.trim() === '' && pictures > 0 ? lonePicture[language] : text;
  const said = [
    ...(quote === undefined ? [] : [quoted(quote, language)]),
    own,
    ...unreadable.map((kind) => unreadableAsData(kind)[language]),
  ].filter((part) => part.trim() !== '');
  // Pictures that cannot be read make no question by themselves.
  const missing = said.length > 0 && missingPictures > 0 ? [picturesAsData(missingPictures)[language]] : [];
  return [...said, ...missing].join('\n\n');
}
