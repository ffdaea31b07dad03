import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId, PersonKey } from '../contract/ids.ts';
import type { Place } from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';

/** Somebody who tries a command several times is looked up once; a change of owner holds a minute later at the latest. */
const rememberedForMs = 60_000;
const maxRemembered = 1_000;

/** Who owns the group of a place; undefined where nobody can tell. Never rejects. */
export type OwnerOf = (place: Place, signal: AbortSignal) => Promise<PersonKey | undefined>;

type Known = { readonly owner: PersonKey | undefined; readonly until: number };

/** Asks the platform only when somebody wants to know, since its calls may be counted. */
export function createGroupOwners(
  adapters: ReadonlyMap<AdapterId, Adapter>,
  clock: Clock,
  log: Logger,
): OwnerOf {
  const known = new Map<string, Known>();

  return async (place, signal) => {
    const adapter = adapters.get(place.adapter);
    if (adapter?.capabilities.groupOwnerLookup !== true || place.kind !== 'group') return undefined;
    const key = JSON.stringify([place.adapter, place.tenant, place.chat]);
    const now = clock.now().getTime();
    const remembered = known.get(key);
    if (remembered !== undefined && remembered.until > now) return remembered.owner;
    try {
      const owner = await adapter.ownerOf(place, signal);
      if (known.size >= maxRemembered) known.clear();
      known.set(key, { owner, until: now + rememberedForMs });
      return owner;
    } catch (error) {
      log.warn({ adapter: place.adapter, error }, 'the owner of a group could not be looked up');
      return undefined;
    }
  };
}
