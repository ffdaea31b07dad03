import type { Snapshot } from '../../src/contract/reply.ts';
import { cutTo } from './bytes.ts';
import { factsMarkdown } from './facts.ts';
import { withFenceClosed } from './split.ts';

/** UTF-8 bytes of a stream's content or of a Markdown message of the bot (path 101031). */
export const MAX_BOT_CONTENT_BYTES = 20_480;
/** Less of the reasoning than this says nothing. */
const LEAST_THINKING_BYTES = 200;
/** Blank content does not replace the dots WeCom shows while it waits. */
const SOMETHING = '…';
/** Says without words of any language that the text goes on below. */
const GOES_ON = '> ↓';

/** A reply while it grows: the text alone, for each state must begin the next; before the first word what is done. */
export function liveContent({ markdown, progress }: Snapshot): string {
  return visible(markdown.trim() === '' ? (progress ?? '') : markdown);
}

/** A stream that ends before its answer does; the rest follows in another message. */
export function sealedContent(snapshot: Snapshot): string {
  return `${withFenceClosed(liveContent(snapshot))}\n\n${GOES_ON}`;
}

/** What stands under the answer at its end: facts, the bot's own sentence, the receipt as a quotation (grey). */
export function endLines({ facts, notice, footer }: Snapshot, tables: boolean): string {
  return [
    facts === undefined ? '' : factsMarkdown(facts, tables),
    notice ?? '',
    (footer ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `> ${line}`)
      .join('\n'),
  ]
    .filter((block) => block.trim() !== '')
    .join('\n\n');
}

/** The whole of an ended reply, without its reasoning. May be longer than one message. */
export function endContent(snapshot: Snapshot, tables: boolean): string {
  const lines = endLines(snapshot, tables);
  if (snapshot.markdown.trim() === '') return visible(lines);
  return lines === '' ? snapshot.markdown : `${withFenceClosed(snapshot.markdown)}\n\n${lines}`;
}

/** The end of a stream, in at most 20,480 bytes: reasoning gives way first, then the lines below, never the answer. */
export function streamEnd(snapshot: Snapshot): string {
  const { markdown, thinking = '' } = snapshot;
  const whole = endContent(snapshot, true);
  const room = MAX_BOT_CONTENT_BYTES - Buffer.byteLength(whole);
  if (room < 0) {
    const left = MAX_BOT_CONTENT_BYTES - Buffer.byteLength(markdown) - 8;
    const lines = left < LEAST_THINKING_BYTES ? '' : `\n\n${cutTo(endLines(snapshot, true), left)}`;
    return cutTo(withFenceClosed(markdown) + lines, MAX_BOT_CONTENT_BYTES);
  }
  const frame = Buffer.byteLength(thinkingBlock(''));
  if (thinking.trim() === '' || room < frame + LEAST_THINKING_BYTES) return whole;
  return thinkingBlock(cutTo(withoutTags(thinking), room - frame)) + whole;
}

function thinkingBlock(thinking: string): string {
  return `<think>\n${thinking}\n</think>\n\n`;
}

/** The reasoning is not rendered: nothing in it may end its own section or call anybody. */
function withoutTags(thinking: string): string {
  return thinking.replace(/<(?=[\s/]*(?:think|@))/gi, '<\u200B');
}

function visible(text: string): string {
  return text.trim() === '' ? SOMETHING : text;
}
