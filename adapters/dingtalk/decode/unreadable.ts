import type { UnreadableKind } from '../../../src/contract/inbound.ts';

/** DingTalk's kinds of messages whose content we do not look into. */
const kinds: ReadonlyMap<string, UnreadableKind> = new Map<string, UnreadableKind>([
  ['file', 'file'],
  ['audio', 'audio'],
  ['video', 'video'],
  ['chatRecord', 'forwarded'],
  ['interactiveCard', 'card'],
]);

/** `unknownMsgType` and whatever comes next are `other`. */
export const unreadableKind = (msgtype: string): UnreadableKind => kinds.get(msgtype) ?? 'other';

const known: ReadonlySet<string> = new Set<UnreadableKind>([...kinds.values(), 'other']);

/** Reads a kind back from what was stored. */
export function readUnreadable(kind: string): readonly UnreadableKind[] {
  return known.has(kind) ? [kind as UnreadableKind] : [];
}
