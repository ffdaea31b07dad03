import { endWithin } from './bytes.ts';
import { openFence } from './render.ts';

/** Characters looked at for the end of one that is made of several (an emoji of a family has eleven UTF-16 units). */
const CLUSTER_CONTEXT = 64;
const clusters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Cuts Markdown into messages of at most `maxBytes` of UTF-8 each: after a paragraph, a line or a sentence where one ends
 * in the second half of a message, otherwise between two characters. A code fence that is cut is closed and opened
 * again; beside that, and blank lines at the cuts, the messages joined are the text.
 */
export function splitMarkdown(markdown: string, maxBytes: number): string[] {
  const messages: string[] = [];
  let rest = markdown;
  while (Buffer.byteLength(rest) > maxBytes) {
    const end = endWithin(rest, maxBytes);
    let head = rest.slice(0, placeToCut(rest, end));
    let fence = openFence(head);
    if (fence !== undefined) {
      head = rest.slice(0, placeToCut(rest, endWithin(rest, maxBytes - closing(fence).length)));
      fence = openFence(head);
    }
    const tail = rest.slice(head.length);
    // A fence's line so long that repeating it would leave no room for text is not repeated.
    const repeated = fence !== undefined && Buffer.byteLength(fence) < maxBytes / 4 ? `${fence}\n` : '';
    messages.push(fence === undefined ? head.trimEnd() : closeFence(head, fence));
    rest = repeated === '' ? tail.replace(/^\n+/, '') : repeated + tail.replace(/^\n/, '');
  }
  if (rest.trim() !== '') messages.push(rest);
  return messages.filter((message) => message.trim() !== '');
}

/** `markdown`, its last fence closed if it is open, so that what follows is not code. */
export function withFenceClosed(markdown: string): string {
  const fence = openFence(markdown);
  return fence === undefined ? markdown : closeFence(markdown, fence);
}

function closeFence(markdown: string, fence: string): string {
  return markdown.replace(/\n$/, '') + closing(fence);
}

function closing(fence: string): string {
  const marks = /`{3,}|~{3,}/.exec(fence)?.[0] ?? '```';
  // Quote marks too: without them the line would open a fence of its own outside the quotation.
  return `\n${/^[\s>]*/.exec(fence)?.[0] ?? ''}${marks}`;
}

const BORDERS: readonly RegExp[] = [/\n[ \t]*\n/g, /\n/g, /[。！？；]|[.!?;] /g, /[，、,] ?| /g];

function placeToCut(text: string, end: number): number {
  const half = Math.floor(end / 2);
  const window = text.slice(half, end);
  for (const border of BORDERS) {
    const last = [...window.matchAll(border)].at(-1);
    if (last !== undefined) return half + last.index + last[0].length;
  }
  const start = Math.max(0, end - CLUSTER_CONTEXT);
  const cluster = clusters.segment(text.slice(start, end + CLUSTER_CONTEXT)).containing(end - start);
  const before = cluster === undefined ? end : start + cluster.index;
  return before > half ? before : end;
}
