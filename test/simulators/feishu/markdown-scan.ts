/** What matters to the platform in a Markdown text, outside of code. */
export type MarkdownScan = {
  readonly tables: number;
  /** Targets of `![…](target)`. */
  readonly images: readonly string[];
  /** Ids of `<at …>` and `<person …>`: `all`, open ids, e-mail addresses. */
  readonly mentions: readonly string[];
};

const nothing: MarkdownScan = { tables: 0, images: [], mentions: [] };
const delimiterRow = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

export function scanMarkdown(text: string): MarkdownScan {
  if (!/[|<[]/.test(text)) return nothing;
  const lines = linesOutsideFences(text);
  const plain = withoutCodeSpans(lines.join('\n'));
  return {
    tables: countTables(lines),
    images: [...plain.matchAll(/!\[[^\]]*\]\(\s*<?([^)\s>]+)[^)]*\)/g)].map(([, target]) => target ?? ''),
    mentions: [...plain.matchAll(/<(?:at|person)\s+([^>]*)>/gi)].flatMap(([, attributes]) =>
      mentionIds(attributes ?? ''),
    ),
  };
}

function linesOutsideFences(text: string): readonly string[] {
  let fence: string | undefined;
  return text.split('\n').map((line) => {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) {
      fence = mark;
      return mark === undefined ? line : '';
    }
    const closes = mark?.startsWith(fence) === true && line.trim() === mark;
    if (closes) fence = undefined;
    return '';
  });
}

/** Removes `code` of any number of backticks; a run without its partner is ordinary text. */
function withoutCodeSpans(text: string): string {
  const runs = [...text.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  let plain = '';
  let copied = 0;
  for (let index = 0; index < runs.length; index += 1) {
    const open = runs[index];
    const closeIndex = runs.findIndex((run, later) => later > index && run.length === open?.length);
    const close = runs[closeIndex];
    if (open === undefined || close === undefined) continue;
    plain += text.slice(copied, open.at);
    copied = close.at + close.length;
    index = closeIndex;
  }
  return plain + text.slice(copied);
}

function countTables(lines: readonly string[]): number {
  return lines.filter((line, index) => {
    const header = lines[index - 1];
    return (
      line.includes('|') &&
      delimiterRow.test(line) &&
      header?.includes('|') === true &&
      !delimiterRow.test(header)
    );
  }).length;
}

function mentionIds(attributes: string): readonly string[] {
  const value = /\b(?:id|ids|user_id|email)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(attributes);
  const ids = value?.[1] ?? value?.[2] ?? value?.[3] ?? '';
  return ids.split(',').filter((id) => id !== '');
}
