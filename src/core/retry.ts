import type { ReplyTarget } from '../contract/ids.ts';
import type { Clock } from '../contract/runtime.ts';
import { admission } from '../reply/notices/admission.ts';
import { limitReached, paused } from '../reply/notices/limits.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import { privacy } from '../reply/notices/privacy.ts';
import { toasts } from '../reply/notices/progress.ts';
import type { Store } from '../store/store.ts';
import type { Access, Asker } from './access.ts';
import { reachedLimit, type LimitClock } from './limits.ts';
import { maintenanceOf, type PolicyBook } from './policy.ts';
import type { Reshow } from './reshow.ts';
import { asTurn, keyOfAskingAgain, type NewTurn, type Turn, type TurnId } from './turn.ts';

export type RetryServices = {
  readonly store: Pick<Store, 'turns' | 'counter'>;
  readonly access: Access;
  readonly policy: Pick<PolicyBook, 'current'>;
  readonly clock: Clock;
  readonly limitClock: () => LimitClock;
  readonly timeZone: string;
  readonly newTurnId: () => TurnId;
  readonly newButtonKey: () => string;
  readonly reshow: Reshow;
  readonly begin: (turn: Turn) => void;
};

/** `by` wants `old` answered again; `target` is where the new answer goes: default, the old place. Undefined: it is. */
export type Retry = (old: Turn, by: Asker, target?: ReplyTarget) => Promise<Phrase | undefined>;

/** A question asked again is a question: the same rights, limits and pauses hold. */
async function refusal(services: RetryServices, old: Turn, by: Asker): Promise<Phrase | undefined> {
  if (old.erasedAt !== undefined) return privacy.gone;
  if (old.ending === undefined) return toasts.stillRunning;
  if (!services.access.mayAsk(by)) return admission['not-allowed'];
  const policy = services.policy.current();
  const maintenance = maintenanceOf(policy);
  if (maintenance !== undefined && !services.access.isAdmin(by)) return paused(maintenance.note);
  const time = services.limitClock();
  const reached = await reachedLimit(policy, old.message, time, services.store.counter);
  return reached === undefined ? undefined : limitReached(reached, time.now, services.timeZone);
}

/**
 * Answers an ended question again, in a new reply. The first press counts. The new turn has a key of its own, so that it
 * survives a crash like any other.
 */
export function createRetry(services: RetryServices): Retry {
  return async (old, by, target = old.message.replyTarget) => {
    const refused = await refusal(services, old, by);
    if (refused !== undefined) return refused;
    const at = services.clock.now().getTime();
    const turn: NewTurn = {
      id: services.newTurnId(),
      kind: 'question',
      scope: old.scope,
      message: {
        ...old.message,
        replyTarget: target,
        eventKey: keyOfAskingAgain(old),
      },
      buttonKey: services.newButtonKey(),
      acceptedAt: at,
    };
    const { adapter } = old.message.place;
    const { eventKey } = turn.message;
    // One commit for both: a crash in between would leave a button that says there is a new answer where there is none.
    const admittance = { adapter, eventKey, at, turnIfNew: () => turn, retryOf: old.id };
    if ((await services.store.turns.admit(admittance)) === 'duplicate') return toasts.alreadyRetried;
    services.begin(asTurn(turn));
    // The old reply says that there is a new one, and loses its buttons.
    services.reshow({ ...old, retriedAt: at });
    return undefined;
  };
}
