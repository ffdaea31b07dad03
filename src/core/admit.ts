import type { Admission, InboundMessage } from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { commandsFor, parseCommand } from '../commands/registry.ts';
import type { Store } from '../store/store.ts';
import type { UseCounter } from '../store/use-counter.ts';
import type { Access } from './access.ts';
import type { AdminCode } from './admin-code.ts';
import type { Bursts } from './bursts.ts';
import { maxWaitingPerLane, type Lanes } from './lanes.ts';
import { reachedLimit, type LimitClock } from './limits.ts';
import { groupContextOf, maintenanceOf, type PolicyBook } from './policy.ts';
import type { Refusals } from './refusals.ts';
import { scopeOf, type Scope } from './scope.ts';
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
  readonly store: Pick<Store, 'turns' | 'audit'>;
  readonly access: Access;
  readonly adminCode: Pick<AdminCode, 'look'>;
  readonly policy: Pick<PolicyBook, 'current'>;
  readonly refusals: Refusals;
  readonly bursts: Bursts;
  readonly lanes: Lanes;
  readonly clock: Clock;
  /** The present moment, and when its day began and ends in the service's time zone. */
  readonly limitClock: () => LimitClock;
  readonly newTurnId: () => TurnId;
  readonly newButtonKey: () => string;
  readonly maxMessageAgeMs: number;
  readonly log: Logger;
  /** Takes the turn up; returns at once. */
  readonly begin: (turn: Turn) => void;
};

type Decision = { readonly kind: TurnKind; readonly notice?: AdmissionNotice; readonly joinedTo?: TurnId };

function notice(code: Exclude<AdmissionNotice['code'], 'limit' | 'paused'>): Decision {
  return { kind: 'notice', notice: { code } };
}

/** What a first-seen message is to become; undefined: nothing at all. Waits for nothing but the counter's look. */
async function decide(
  services: AdmitServices,
  message: InboundMessage,
  scope: Scope,
  counter: UseCounter,
): Promise<Decision | undefined> {
  const { place, sender, text, media, unreadable, addressed } = message;
  if (!addressed) return undefined;
  const time = services.limitClock();
  if (time.now - message.sentAt.getTime() > services.maxMessageAgeMs) return notice('too-old');
  const asker = { platform: place.platform, person: sender.key, chat: place.chat };
  if (!services.access.mayAsk(asker)) return notice('not-allowed');
  const available = commandsFor(services.access.isAdmin(asker) && message.forgeable !== true);
  if (parseCommand(text, available) !== undefined) return { kind: 'command' };
  const policy = services.policy.current();
  const maintenance = maintenanceOf(policy);
  if (maintenance !== undefined && !services.access.isAdmin(asker))
    return { kind: 'notice', notice: { code: 'paused', note: maintenance.note } };
  const empty = text.trim() === '' && media.length === 0;
  if (empty && unreadable.length > 0) return notice('unreadable');
  if (empty && message.quote === undefined) return notice('empty');
  const reached = await reachedLimit(policy, message, time, counter);
  if (reached !== undefined) {
    // Said once: a flood is not answered with a flood.
    const first = services.refusals.first(asker, reached, time.now);
    return first ? { kind: 'notice', notice: { code: 'limit', ...reached } } : undefined;
  }
  const joinedTo = services.bursts.open(scope, message);
  if (joinedTo !== undefined) return { kind: 'part', joinedTo };
  if (services.lanes.length(scope) > maxWaitingPerLane) return notice('queue-full');
  return { kind: 'question' };
}

const hourMs = 60 * 60_000;

/** One row for each person, chat and hour, however often they try. */
async function writeRefusalDown({ store, log }: AdmitServices, turn: Turn): Promise<void> {
  const { place, sender } = turn.message;
  const { platform, chat } = place;
  const hour = Math.floor(turn.acceptedAt / hourMs);
  const row = {
    id: JSON.stringify(['ask', platform, sender.key, chat, hour]),
    at: turn.acceptedAt,
    platform,
    person: sender.key,
    act: 'ask',
    allowed: false,
    detail: `${shortId(turn.id)} ${platform}:chat:${chat}`,
  };
  await store.audit
    .write(row)
    .catch((error: unknown) =>
      log.error({ turn: shortId(turn.id), error }, 'a refusal could not be audited'),
    );
}

/** `quiet`: nothing is said to this very message; it was left alone, or is answered together with another one. */
export type MessageAdmission = Admission & { readonly quiet?: true };

/**
 * Takes a message: decides what it becomes, claims its key and stores its turn in one commit, then lets the work begin.
 * Resolves as soon as that is durable. Rejects when it could not be stored, so that the platform delivers it again.
 */
export function createMessageAdmission(
  services: AdmitServices,
): (message: InboundMessage) => Promise<MessageAdmission> {
  const birth = async (
    message: InboundMessage,
    at: number,
    counter: UseCounter,
  ): Promise<NewTurn | undefined> => {
    const { place, sender } = message;
    const scope = scopeOf(place, sender.key, groupContextOf(services.policy.current(), place));
    const code = services.adminCode.look(message);
    const decision = code === undefined ? await decide(services, message, scope, counter) : notice(code);
    if (decision === undefined) return undefined;
    const turn: NewTurn = {
      ...decision,
      id: services.newTurnId(),
      scope,
      // Nothing of the code stays, in the store or anywhere else.
      message: code === undefined ? message : { ...message, text: '', media: [] },
      buttonKey: services.newButtonKey(),
      acceptedAt: at,
    };
    if (turn.kind === 'question') services.bursts.expect(turn);
    return turn;
  };
  return async (message) => {
    const at = services.clock.now().getTime();
    const { adapter } = message.place;
    const { eventKey } = message;
    let turn: NewTurn | undefined;
    // Decided only once the claim holds, so that redeliveries count against nobody's limit.
    const turnIfNew = async (counter: UseCounter): Promise<NewTurn | undefined> =>
      (turn ??= await birth(message, at, counter));
    const admitted = await services.store.turns
      .admit({ adapter, eventKey, at, turnIfNew })
      .catch((error: unknown) => {
        if (turn !== undefined) services.bursts.forget(turn.id);
        throw error;
      });
    if (admitted === 'duplicate') {
      services.log.debug({ adapter, eventKey }, 'a redelivery, already taken');
      const taken = await services.store.turns.byEvent(adapter, eventKey);
      const quiet = taken === undefined || taken.kind === 'part';
      return { outcome: 'duplicate', ...(quiet ? { quiet } : {}) };
    }
    if (turn === undefined) return { outcome: 'ignored' };
    const { kind, notice: said } = turn;
    const pictures = message.media.length;
    const fields = { adapter, eventKey, turn: shortId(turn.id), kind, notice: said?.code, pictures };
    services.log.info(fields, 'accepted');
    if (said?.code === 'not-allowed') await writeRefusalDown(services, asTurn(turn));
    if (kind !== 'part') services.begin(asTurn(turn));
    else if ((await services.bursts.join(asTurn(turn))) === 'joined')
      return { outcome: 'accepted', quiet: true };
    return { outcome: 'accepted' };
  };
}
