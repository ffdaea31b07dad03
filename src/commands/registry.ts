import { allow } from './allow.ts';
import { audit } from './audit.ts';
import type { Command } from './command.ts';
import { context } from './context.ts';
import { deny } from './deny.ts';
import { doctor } from './doctor.ts';
import { forget } from './forget.ts';
import { help } from './help.ts';
import { lang } from './lang.ts';
import { newConversation } from './new.ts';
import { retry } from './retry.ts';
import { status } from './status.ts';
import { stop } from './stop.ts';
import { think } from './think.ts';
import { usage } from './usage.ts';
import { users } from './users.ts';
import { whoami } from './whoami.ts';
import { why } from './why.ts';

/** All commands, in the order in which `/help` lists them. */
export const commands: readonly Command[] = [
  help,
  newConversation,
  stop,
  retry,
  think,
  whoami,
  context,
  forget,
  lang,
  usage,
  why,
  users,
  allow,
  deny,
  audit,
  status,
  doctor,
];

const byName: ReadonlyMap<string, Command> = new Map(
  commands.flatMap((command) => [command.name, ...command.aliases].map((name) => [name, command] as const)),
);

/** A message that is a command: known, or with the nearest known one. */
export type ParsedCommand =
  | { readonly known: true; readonly command: Command; readonly argument: string }
  | { readonly known: false; readonly nearest: Command };

/** `/name argument`; the slash may be full-width and stand apart, the name has letters only (so that paths are text). */
const slashed = /^\s*[/／]\s*([\p{L}\p{N}?？_-]+)(?:[\s\u3000:：]+([^]*))?$/u;

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

function nearestTo(name: string, available: readonly Command[]): Command {
  const ranked = available
    .flatMap((command) =>
      [command.name, ...command.aliases].map((other) => ({ command, far: distance(name, other) })),
    )
    .sort((one, other) => one.far - other.far);
  return ranked[0]?.command ?? help;
}

/**
 * Reads the person's own typed text. A name with a slash is always a command; a Chinese name alone in the message is
 * one too. Undefined: it is a question. `available` are the commands the asker may hear of.
 */
export function parseCommand(text: string, available: readonly Command[]): ParsedCommand | undefined {
  const bare = text.trim();
  const alone = /^\p{Script=Han}+$/u.test(bare) ? byName.get(bare) : undefined;
  if (alone !== undefined && alone.slashOnly !== true) return { known: true, command: alone, argument: '' };
  const match = slashed.exec(text);
  const name = match?.[1]?.normalize('NFKC').toLowerCase();
  if (name === undefined) return undefined;
  const command = byName.get(name);
  if (command !== undefined) return { known: true, command, argument: match?.[2]?.trim() ?? '' };
  return { known: false, nearest: nearestTo(name, available) };
}
