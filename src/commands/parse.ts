import type { Command } from './command.ts';

/** A message that is a command: known, or with the nearest known one. */
export type ParsedCommand =
  | { readonly known: true; readonly command: Command; readonly argument: string }
  | { readonly known: false; readonly nearest: Command };

/**
 * Reads the person's own typed text. A name with a slash is always a command; a Chinese name alone in the message is one
 * too, if the asker may use it and it does no harm. Undefined: it is a question. `available` are the commands the asker
 * may use and hear of.
 */
export type ParseCommand = (text: string, available: readonly Command[]) => ParsedCommand | undefined;

export function createCommandParser(commands: readonly Command[], fallback: Command): ParseCommand {
  const byName: ReadonlyMap<string, Command> = new Map(
    commands.flatMap((command) => namesOf(command).map((name) => [name, command] as const)),
  );
  return (text, available) => {
    const bare = aloneInMessage.exec(text)?.groups?.['name'];
    const alone = bare === undefined ? undefined : byName.get(bare);
    if (alone !== undefined && alone.slashOnly !== true && available.includes(alone))
      return { known: true, command: alone, argument: '' };
    const { name: typed, rest = '' } = slashed.exec(text)?.groups ?? {};
    const argument = rest === '' ? '' : behind.exec(rest)?.groups?.['argument'];
    // What goes on without a break is no command: a path, say.
    if (typed === undefined || argument === undefined) return undefined;
    const name = plain(typed);
    const command = byName.get(name) ?? byName.get(withoutPunctuation(name));
    if (command !== undefined) return { known: true, command, argument: argument.trim() };
    return { known: false, nearest: nearestTo(name, available) ?? fallback };
  };
}

// `\p{Cf}` are the characters of no width that keyboards and copied text bring along: joiners, marks, the BOM.
/** `/name`: the slash may be full-width and stand apart; the name has letters and digits only. */
const slashed = /^[\s\p{Cf}]*[/／][\s\p{Cf}]*(?<name>[\p{L}\p{M}\p{N}\p{Cf}?？_-]+)(?<rest>[^]*)$/u;
/**
 * What may stand between name and argument, or after the name alone: a full stop only where a sentence ends; before a
 * number sign (`/why#k7p2`) nothing.
 */
const behind =
  /^(?:(?:[\s\p{Cf}。．，,：:；;、！!？?…~～]|\.(?=[\s\p{Cf}.]|$))+|(?=[#＃]))(?<argument>[^]*)$/u;
const aloneInMessage = /^[\s\p{Cf}]*(?<name>\p{Script=Han}+)[\s\p{Cf}。！]*$/u;

const namesOf = ({ name, aliases }: Command): readonly string[] => [name, ...aliases];

/** As names are written in the registry: full-width letters, capitals and what has no width do not count. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\s\p{Cf}]+/gu, '')
    .toLowerCase();
}

const withoutPunctuation = (name: string): string => name.replace(/[\p{P}~]+$/u, '');

function nearestTo(name: string, available: readonly Command[]): Command | undefined {
  const ranked = available
    .flatMap((command) => namesOf(command).map((other) => ({ command, far: distance(name, other) })))
    .sort((one, other) => one.far - other.far);
  return ranked[0]?.command;
}

/** How many letters must be put in, left out or changed (Levenshtein). */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const change = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      next.push(Math.min(change, (previous[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    previous = next;
  }
  return previous[right.length] ?? 0;
}
