export type XmlElement = {
  readonly name: string;
  /** Its own text, CDATA sections and entities resolved. */
  readonly text: string;
  readonly children: readonly XmlElement[];
};

const MAX_CHARACTERS = 512 * 1024;
const MAX_DEPTH = 12;
const MAX_ELEMENTS = 2_000;

const DECLARATION = /^\uFEFF?\s*(?:<\?xml[^<>?]{0,200}\?>)?\s*/;
const TAG = /<(\/?)([A-Za-z_][\w.-]{0,63})\s{0,8}(\/?)>/y;
const CDATA_START = '<![CDATA[';
const CDATA_END = ']]>';

type OpenElement = { readonly name: string; text: string; readonly children: XmlElement[] };

/**
 * The one element a callback consists of. Reads elements, text, CDATA and the predefined and numeric entities; anything
 * else (a document type, an entity declaration, attributes, comments, instructions) makes it undefined, as do more than
 * 512 Ki characters, 2,000 elements or a depth of 12. Linear, and never throws.
 */
export function parseXml(document: string): XmlElement | undefined {
  if (document.length > MAX_CHARACTERS) return undefined;
  const root: OpenElement = { name: '', text: '', children: [] };
  const open: OpenElement[] = [root];
  let elements = 0;
  let position = DECLARATION.exec(document)?.[0].length ?? 0;
  while (position < document.length) {
    const current = open.at(-1) ?? root;
    if (document[position] !== '<') {
      const next = document.indexOf('<', position);
      const end = next === -1 ? document.length : next;
      const text = resolveEntities(document.slice(position, end));
      if (text === undefined) return undefined;
      current.text += text;
      position = end;
    } else if (document.startsWith(CDATA_START, position)) {
      const end = document.indexOf(CDATA_END, position);
      if (end === -1) return undefined;
      current.text += document.slice(position + CDATA_START.length, end);
      position = end + CDATA_END.length;
    } else {
      TAG.lastIndex = position;
      const match = TAG.exec(document);
      if (match === null || !applyTag(open, match)) return undefined;
      elements += 1;
      if (elements > 2 * MAX_ELEMENTS || open.length > MAX_DEPTH) return undefined;
      position = TAG.lastIndex;
    }
  }
  const [only, ...others] = root.children;
  return open.length === 1 && others.length === 0 && root.text.trim() === '' ? only : undefined;
}

/** The text of the child of this name: of several the first; undefined when there is none. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** The texts of all elements of this name, however deep. */
export function textsOf(element: XmlElement, name: string): string[] {
  return element.children.flatMap((child) => (child.name === name ? [child.text] : textsOf(child, name)));
}

/** False for an end that ends nothing, or something else. */
function applyTag(open: OpenElement[], [, slash, name = '', empty]: RegExpExecArray): boolean {
  const current = open.at(-1);
  if (slash === '/') {
    if (empty === '/' || open.length < 2 || current?.name !== name) return false;
    open.pop();
    open.at(-1)?.children.push(current);
  } else if (empty === '/') current?.children.push({ name, text: '', children: [] });
  else open.push({ name, text: '', children: [] });
  return true;
}

const ENTITY = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));|&/g;
const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Undefined when an entity is unknown, or names no character. */
function resolveEntities(text: string): string | undefined {
  let resolved = '';
  let copied = 0;
  for (const match of text.matchAll(ENTITY)) {
    const character = characterOf(match);
    if (character === undefined) return undefined;
    resolved += text.slice(copied, match.index) + character;
    copied = match.index + match[0].length;
  }
  return resolved + text.slice(copied);
}

function characterOf([, name, decimal, hexadecimal]: RegExpMatchArray): string | undefined {
  if (name !== undefined) return PREDEFINED.get(name);
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
