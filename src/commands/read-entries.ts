import { parseEntry } from '../config/access.ts';
import type { AllowEntry } from '../config/types.ts';

/** Named in one command at most; more than that belongs into `ALLOW`. */
const maxEntries = 20;

/**
 * The entries an administrator wrote, as `/whoami` and `/users` print them. Undefined when there is none, or anything
 * among them is not an id of a connected platform: a name is nobody's, and half a list is not carried out.
 */
export function readEntries(
  argument: string,
  platforms: ReadonlySet<string>,
): readonly AllowEntry[] | undefined {
  const written = argument.split(/[\s,，、]+/).filter(Boolean);
  if (written.length === 0 || written.length > maxEntries) return undefined;
  const entries = written.map(readEntry);
  const known = entries.filter((entry) => entry !== undefined && platforms.has(entry.platform));
  return known.length === entries.length ? known.filter((entry) => entry !== undefined) : undefined;
}

/** Tolerates what keyboards and Markdown add around an id, never another spelling of the id itself. */
function readEntry(written: string): AllowEntry | undefined {
  const bare = written.replace(/^[`'"“‘]+|[`'"”’]+$/g, '').replace('：', ':');
  const colon = bare.indexOf(':');
  return parseEntry(bare.slice(0, colon).toLowerCase() + bare.slice(colon));
}
