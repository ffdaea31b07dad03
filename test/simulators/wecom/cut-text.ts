/** What WeCom shows of a text that is too long: its first bytes, up to a whole character. */
export function cutText(content: string, maxBytes: number): { readonly text: string; readonly cut: boolean } {
  const bytes = Buffer.from(content, 'utf8');
  if (bytes.length <= maxBytes) return { text: content, cut: false };
  return { text: new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true }), cut: true };
}
