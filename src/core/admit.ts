import type { Admission, InboundMessage } from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { commands, parseCommand } from '../commands/registry.ts';
import type { Store } from '../store/store.ts';
import type { Access } from './access.ts';
import { maxWaitingPerLane, type Lanes } from './lanes.ts';
import type { Limits } from './limits.ts';
import { scopeOf, type GroupContext } from './scope.ts';
import {
  asTurn,
  shortId,
  type AdmissionNotice,
  type NewTurn,
  type Turn,
  type TurnId,
  type TurnKind,
} from './turn.ts';

export type AdmitServices = {
  readonly store: Pick<Store, 'turns'>;
  readonly access: Access;
  readonly limits: Limits;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly newTurnId: () => TurnId;
  readonly newButtonKey: () => string;
  readonly groupContext: GroupContext;
  readonly maxMessageAgeMs: number;
  readonly log: Logger;
  /** Takes the turn up; returns at once. */
  readonly begin: (turn: Turn) => void;
};

type Decision = { readonly kind: TurnKind; readonly notice?: AdmissionNotice };

/** What a first-seen message is to become; undefined: nothing at all. Nothing here waits. */
function decide(services: AdmitServices, message: InboundMessage): Decision | undefined {
  const { place, sender, text, media, unreadable, addressed } = message;
  const now = services.clock.now().getTime();
  if (!addressed) return undefined;
  const tooOld = now - message.sentAt.getTime() > services.maxMessageAgeMs;
  if (tooOld) return { kind: 'notice', notice: 'too-old' };
  const asker = { platform: place.platform, person: sender.key, chat: place.chat };
  if (!services.access.mayAsk(asker)) return { kind: 'notice', notice: 'not-allowed' };
  if (parseCommand(text, commands) !== undefined) return { kind: 'command' };
  const person = JSON.stringify([place.adapter, place.tenant, sender.key]);
  if (!services.limits.take(person, now)) return { kind: 'notice', notice: 'too-many-messages' };
  const empty = text.trim() === '' && media.length === 0;
  if (empty && unreadable.length > 0) return { kind: 'notice', notice: 'unreadable' };
  if (empty && message.quote === undefined) return { kind: 'notice', notice: 'empty' };
  const lane = scopeOf(place, sender.key, services.groupContext);
  if (services.lanes.length(lane) > maxWaitingPerLane) return { kind: 'notice', notice: 'queue-full' };
  return { kind: 'question' };
}

/**
 * Takes a message: decides what it becomes, claims its key and stores its turn in one commit, then lets the work begin.
 * Resolves as soon as that is durable. Rejects when it could not be stored, so that the platform delivers it again.
 */
export function createMessageAdmission(
  services: AdmitServices,
): (message: InboundMessage) => Promise<Admission> {
  const birth = (message: InboundMessage, at: number): NewTurn | undefined => {
    const decision = decide(services, message);
    if (decision === undefined) return undefined;
    return {
      ...decision,
      id: services.newTurnId(),
      scope: scopeOf(message.place, message.sender.key, services.groupContext),
      message,
      buttonKey: services.newButtonKey(),
      acceptedAt: at,
    };
  };
  return async (message) => {
    const at = services.clock.now().getTime();
    const { adapter } = message.place;
    const { eventKey } = message;
    let turn: NewTurn | undefined;
    // Decided only once the claim holds, so that redeliveries count against nobody's limit.
    const turnIfNew = (): NewTurn | undefined => (turn ??= birth(message, at));
    const admitted = await services.store.turns.admit({ adapter, eventKey, at, turnIfNew });
    if (admitted === 'duplicate') {
      services.log.debug({ adapter, eventKey }, 'a redelivery, already taken');
      return { outcome: 'duplicate' };
    }
    if (turn === undefined) return { outcome: 'ignored' };
    const { kind, notice } = turn;
    const pictures = message.media.length;
    services.log.info({ adapter, eventKey, turn: shortId(turn.id), kind, notice, pictures }, 'accepted');
    services.begin(asTurn(turn));
    return { outcome: 'accepted' };
  };
}
