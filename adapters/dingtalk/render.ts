import { visibleText } from '../shared/visible-text.ts';
import { renderInline } from './render-inline.ts';
import { blockOf, fenceClosedBy, mayStillBecomeBlock, type Block, type Fence } from './render-blocks.ts';

/**
 * The model's Markdown as DingTalk may have it. Pure and linear. While `complete` is false the result for a longer text
 * begins with the result for a shorter one: what is undecided at the end is held back.
 *
 * Words stay as they are. A line break becomes a hard one (DingTalk puts lines of a paragraph together otherwise), a
 * table gets the blank line before it that DingTalk wants, images become links, links lead to web or mail addresses
 * only, tags other than `<br>` become text (one unknown tag can leave a whole card empty), and characters that reorder
 * or hide text are gone.
 */
export function renderDingTalkMarkdown(markdown: string, complete: boolean): string {
  const lines = visible(markdown, complete).split('\n');
  const page: Page = { output: '', above: undefined, blanks: 0, table: false, fence: undefined };
  for (const [index, line] of lines.entries()) {
    const whole = complete || index < lines.length - 1;
    if (!readLine(page, line, whole)) return page.output;
  }
  if (!complete) return page.output;
  // A fence left open would swallow whatever is shown after it.
  if (page.fence !== undefined) return `${page.output}\n${page.fence.prefix}${page.fence.marks}`;
  return page.blanks > 0 && page.above !== undefined ? `${page.output}\n` : page.output;
}

type Page = {
  output: string;
  /** The last line that was not blank; undefined at the beginning. */
  above: Block | undefined;
  /** Blank lines since then, written only once something follows them. */
  blanks: number;
  table: boolean;
  fence: Fence | undefined;
};

/** False when something of the line had to be held back. */
function readLine(page: Page, line: string, whole: boolean): boolean {
  if (page.fence !== undefined) return readCode(page, page.fence, line, whole);
  if (!whole && mayStillBecomeBlock(line)) return false;
  const block = blockOf(line, page.table);
  if (block.kind === 'blank') {
    page.blanks += 1;
    page.table = false;
    return true;
  }
  const inline =
    block.kind === 'fence' ? { text: line.trimEnd(), held: false } : renderInline(line.trimEnd(), whole);
  // Blanks at the end of a line under way may yet be followed by words.
  const text = whole ? inline.text : inline.text.trimEnd();
  if (text.trim() === '') return !inline.held && whole;
  page.output += separator(page, block) + text;
  page.above = block;
  page.blanks = 0;
  page.table = block.kind === 'row' || block.kind === 'dashes';
  page.fence = block.fence;
  return !inline.held;
}

function readCode(page: Page, fence: Fence, line: string, whole: boolean): boolean {
  // As long as nothing but marks is there it may be the closing fence.
  if (!whole && /^[\s>`~]*$/.test(line)) return false;
  page.output += `\n${line}`;
  if (fenceClosedBy(line, fence)) page.fence = undefined;
  return true;
}

/** What stands between the line above and a line of this kind. */
function separator({ above, blanks, table }: Page, { kind, indent }: Block): string {
  if (above === undefined) return '';
  if (blanks > 0) return '\n\n';
  if (kind === 'row' && !table && above.kind !== 'row') return '\n\n';
  const flows = above.kind === 'text' || above.kind === 'item';
  // As the page on robot messages has it: two spaces before and after the break.
  if (kind === 'text' && flows) return indent >= 2 ? '  \n' : '  \n  ';
  return kind === 'quote' && above.kind === 'quote' ? '  \n' : '\n';
}

/** Half a pair, or half a line break, of which the other half is still to come. */
const UNFINISHED = /[\uD800-\uDBFF\r]$/;

function visible(markdown: string, complete: boolean): string {
  let decided = markdown;
  while (!complete && UNFINISHED.test(decided)) decided = decided.slice(0, -1);
  return visibleText(decided.replace(/\r\n?/g, '\n'), true);
}
