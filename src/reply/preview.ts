/** As much as a chat list or a notification shows. */
const maxPreviewLength = 80;

/** The first words of the answer without its Markdown, or `otherwise` while there are none. */
export function preview(markdown: string, otherwise: string): string {
  const plain = markdown
    .slice(0, 600)
    .replace(/^\s*(?:```|~~~).*$/gm, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^[\s>]*(?:#{1,6}\s|[-*+]\s|\d+\.\s)/gm, '')
    .replace(/[*`|~]+|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = Array.from(plain);
  if (characters.length === 0) return otherwise;
  return characters.length > maxPreviewLength ? `${characters.slice(0, maxPreviewLength).join('')}…` : plain;
}
