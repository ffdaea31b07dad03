import { renderDingTalkMarkdown } from './render.ts';
import { tablesAsLists } from './table-lists.ts';

/** As `renderDingTalkMarkdown`, for robot messages, which show no tables. */
export function renderForMessages(markdown: string, complete: boolean): string {
  return tablesAsLists(renderDingTalkMarkdown(markdown, complete), complete);
}
