import type { Opaque } from '../contract/ids.ts';
import type { Place } from '../contract/inbound.ts';
import type { PersonKey } from '../contract/ids.ts';

/** Whose memory a turn reads and writes. Equal scopes share a history; nothing else ever does. */
export type Scope = Opaque<string, 'Scope'>;

/** How a group remembers by default: `user` each person for themselves, `group` all together (`GROUP_CONTEXT`). */
export type GroupContext = 'user' | 'group';

/** Which of the four kinds of memory a place and a person lead to. */
export type ScopeKind = 'direct' | 'topic' | 'person' | 'group';

/** A direct chat is never shared; a topic has its own memory; a group follows `GROUP_CONTEXT`. */
export function scopeKindOf(place: Place, groupContext: GroupContext): ScopeKind {
  if (place.kind === 'direct') return 'direct';
  if (place.topic !== undefined) return 'topic';
  return groupContext === 'group' ? 'group' : 'person';
}

/** The scope's key. A JSON list, so that no id can be made to look like the border between two. */
export function scopeOf(place: Place, person: PersonKey, groupContext: GroupContext): Scope {
  const kind = scopeKindOf(place, groupContext);
  const where: readonly string[] = [place.adapter, place.tenant, place.chat];
  const rest: Record<ScopeKind, readonly string[]> = {
    direct: [],
    topic: [place.topic ?? ''],
    person: [person],
    group: [],
  };
  return JSON.stringify([kind, ...where, ...rest[kind]]) as Scope;
}

/** Which kind of memory a scope is; the key was made by `scopeOf`. */
export function scopeKindOfKey(scope: Scope): ScopeKind {
  const [kind] = JSON.parse(scope) as [ScopeKind];
  return kind;
}
