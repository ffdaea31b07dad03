import type { PlatformId } from '../contract/ids.ts';
import type { Reader } from './reader.ts';
import type { AllowEntry, PersonEntry } from './types.ts';

// Printable ASCII without the comma: a full-width comma or colon from a Chinese keyboard is then a fault, not an id.
const ID = /^[\x21-\x2b\x2d-\x7e]+$/;
const CHAT = 'chat:';
const EVERYBODY = '*';

/** `ADMINS`: comma-separated `platform:userId`. */
export function readAdmins(reader: Reader, platforms: ReadonlySet<string>): readonly PersonEntry[] {
  return readEntries(reader, 'ADMINS', platforms, 'platform:userId').flatMap(({ kind, platform, id }) => {
    if (kind === 'person') return [{ platform, id }];
    reader.fault('ADMINS', 'people (platform:userId); a chat or a platform cannot be an administrator');
    return [];
  });
}

/**
 * `ALLOW`: comma-separated `platform:userId`, `platform:chat:chatId` or `platform:*`. Undefined when unset, empty when set
 * but empty.
 */
export function readAllow(reader: Reader, platforms: ReadonlySet<string>): readonly AllowEntry[] | undefined {
  if (reader.text('ALLOW') === undefined) return undefined;
  return readEntries(reader, 'ALLOW', platforms, 'platform:userId, platform:chat:chatId or platform:*');
}

function readEntries(
  reader: Reader,
  key: string,
  platforms: ReadonlySet<string>,
  form: string,
): readonly AllowEntry[] {
  return (reader.list(key) ?? []).flatMap((written, index) => {
    const entry = parseEntry(written);
    if (entry !== undefined && platforms.has(entry.platform)) return [entry];
    const known = [...platforms].join(', ');
    reader.fault(key, `comma-separated ${form}, platform being one of: ${known} (see entry ${index + 1})`);
    return [];
  });
}

/**
 * One entry as people write it, an id of that platform byte by byte; undefined for anything else, names included. Whether
 * there is such a platform is for the caller to know.
 */
export function parseEntry(written: string): AllowEntry | undefined {
  // Ids may hold colons themselves, so only the first one (and that after `chat`) divides.
  const colon = written.indexOf(':');
  if (colon < 1) return undefined;
  const platform = written.slice(0, colon) as PlatformId;
  const rest = written.slice(colon + 1);
  if (rest === EVERYBODY) return { kind: 'platform', platform, id: '' };
  const kind = rest.startsWith(CHAT) ? 'chat' : 'person';
  const id = kind === 'chat' ? rest.slice(CHAT.length) : rest;
  return ID.test(id) && id !== EVERYBODY ? { kind, platform, id } : undefined;
}

/** The entry as people write it. */
export function writeEntry({ kind, platform, id }: AllowEntry): string {
  if (kind === 'platform') return `${platform}:${EVERYBODY}`;
  return kind === 'chat' ? `${platform}:${CHAT}${id}` : `${platform}:${id}`;
}
