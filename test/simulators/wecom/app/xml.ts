/** An element with text: in a CDATA section as the platform writes strings, or plain as it writes numbers. */
export function element(name: string, value: string | number): string {
  const text =
    typeof value === 'number' ? String(value) : `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
  return `<${name}>${text}</${name}>`;
}

/** An element that holds other elements. */
export function parent(name: string, ...children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

/** The text of the first element of this name; undefined when there is none. */
export function textOf(xml: string, name: string): string | undefined {
  const pattern = new RegExp(`<${name}>((?:<!\\[CDATA\\[[\\s\\S]*?\\]\\]>|[^<])*)</${name}>`);
  return pattern.exec(xml)?.[1]?.replaceAll(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1');
}
