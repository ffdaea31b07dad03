/** Takes the mention of the bot out of group messages, whose events say neither where it stands nor how long it is. */
export type MentionNames = {
  /** The text without the mention; texts are also what the bot's name is learned from. */
  strip(text: string): string;
};

/** Texts that must agree before a name with blanks in it is believed: three may begin with the same word by chance. */
const AGREEING_TEXTS = 4;
const MAX_NAME_WORDS = 4;
const MAX_CANDIDATES = 64;
/** What WeCom's own clients put behind a mention; the documentation's examples have a plain blank. */
const MENTION_END = '\u2005';

/**
 * Every message that reaches the bot in a group mentions it as `@name`, and names may contain blanks. The first word
 * after `@` is taken for the name until enough different messages share a longer one; a command that follows within
 * the next words is found without that. Remembers candidates for one name only.
 */
export function createMentionNames(): MentionNames {
  let candidates: ReadonlySet<string> = new Set();
  let agreeing = 0;
  let last = '';

  function learn(text: string): void {
    if (text === last) return;
    last = text;
    const found = candidatesIn(text);
    if (found.size === 0) return;
    const shared = new Set([...candidates].filter((name) => found.has(name)));
    agreeing = shared.size === 0 ? 1 : agreeing + 1;
    candidates = shared.size === 0 ? found : shared;
  }

  function knownName(): string | undefined {
    if (agreeing < AGREEING_TEXTS) return undefined;
    return [...candidates].sort((one, other) => other.length - one.length)[0];
  }

  return {
    strip(text) {
      learn(text);
      return withoutMention(text, knownName()).trim();
    },
  };
}

const MENTION = /(?<=^|\s)@[^\s@]+(?: [^\s@]+){0,3}/g;

/** `@A B C` gives `@A`, `@A B` and `@A B C`, for every mention in the text. */
function candidatesIn(text: string): Set<string> {
  const names = new Set<string>();
  for (const [mention] of text.matchAll(MENTION)) {
    const words = mention.split(' ').slice(0, MAX_NAME_WORDS);
    words.forEach((_, index) => names.add(words.slice(0, index + 1).join(' ')));
    if (names.size >= MAX_CANDIDATES) break;
  }
  return names;
}

function withoutMention(text: string, name: string | undefined): string {
  const known = name === undefined ? undefined : placeOf(text, name);
  if (known !== undefined) return cut(text, known, known + (name ?? '').length);
  const trimmed = text.trimStart();
  const offset = text.length - trimmed.length;
  const start = trimmed.startsWith('@') ? offset : lastMention(text);
  if (start === undefined) return text;
  const end = endOfMention(text, start);
  const rest = text.slice(end);
  const command = start === offset ? COMMAND_NEXT.exec(rest) : null;
  return command === null ? cut(text, start, end) : rest.slice(command[0].length - 1);
}

/** A command in the next words: what stands before it belongs to the name. */
const COMMAND_NEXT = /^(?:\s+[^\s/@]+){0,3}\s+\//;

/** Where `name` stands as a word of its own. */
function placeOf(text: string, name: string): number | undefined {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1];
    const after = text[at + name.length];
    if ((before === undefined || /\s/.test(before)) && (after === undefined || /\s/.test(after))) return at;
  }
  return undefined;
}

function lastMention(text: string): number | undefined {
  return [...text.matchAll(MENTION)].at(-1)?.index;
}

function endOfMention(text: string, start: number): number {
  const marked = text.indexOf(MENTION_END, start);
  if (marked !== -1 && marked - start <= 64 && !text.slice(start, marked).includes('\n')) return marked + 1;
  const blank = /\s/.exec(text.slice(start));
  return blank === null ? text.length : start + blank.index;
}

/** Where the mention goes, one blank beside it goes too. */
function cut(text: string, start: number, end: number): string {
  const before = text.slice(0, start);
  const after = text.slice(end);
  return before === '' || /\s$/.test(before) ? before + after.replace(/^[^\S\n]/, '') : before + after;
}
