import type { AdapterId, EventKey, PersonKey, PlatformId } from '../contract/ids.ts';
import type { Scope } from './scope.ts';
import type { Turn } from './turn.ts';

/** Which turns are meant, here or on another replica. */
export type WhichTurns = (turn: Turn) => boolean;

/** Those of this scope that this person asked. */
export function turnsIn(scope: Scope, person: PersonKey): WhichTurns {
  return (turn) => turn.scope === scope && turn.message.sender.key === person;
}

/** Everything this person asked for on the platform. */
export function turnsBy(platform: PlatformId, person: PersonKey): WhichTurns {
  return ({ message: { place, sender } }) => place.platform === platform && sender.key === person;
}

/** What this message became, answered again included: that has the key of its first turn, a `#` and more. */
export function turnsOf(adapter: AdapterId, message: EventKey): WhichTurns {
  return ({ message: { place, eventKey } }) =>
    place.adapter === adapter && (eventKey === message || eventKey.startsWith(`${message}#`));
}
