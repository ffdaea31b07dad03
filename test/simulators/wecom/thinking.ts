/** A stream's content as clients draw it: the `<think>` section, which may be open still, and the answer after it. */
export type ShownContent = { readonly thinking: string; readonly answer: string };

export function splitThinking(content: string): ShownContent {
  const opened = /^\s*<think>/.exec(content);
  if (opened === null) return { thinking: '', answer: content };
  const rest = content.slice(opened[0].length);
  const end = rest.indexOf('</think>');
  if (end < 0) return { thinking: rest, answer: '' };
  return { thinking: rest.slice(0, end), answer: rest.slice(end + '</think>'.length) };
}
