import type { EventKey, ReplyTarget } from '../contract/ids.ts';
import type { Clock } from '../contract/runtime.ts';
import type { Store } from '../store/store.ts';
import type { Reshow } from './reshow.ts';
import { asTurn, type NewTurn, type Turn, type TurnId } from './turn.ts';

export type RetryServices = {
  readonly store: Pick<Store, 'turns'>;
  readonly clock: Clock;
  readonly newTurnId: () => TurnId;
  readonly newButtonKey: () => string;
  readonly reshow: Reshow;
  readonly begin: (turn: Turn) => void;
};

/** False when somebody already had it answered again. `target` is where the new answer goes: default, the old place. */
export type Retry = (old: Turn, target?: ReplyTarget) => Promise<boolean>;

/**
 * Answers an ended question again, in a new reply. The first press counts: every later one resolves to false. The new
 * turn has a key of its own, so that it survives a crash like any other.
 */
export function createRetry(services: RetryServices): Retry {
  return async (old, target = old.message.replyTarget) => {
    const at = services.clock.now().getTime();
    const turn: NewTurn = {
      id: services.newTurnId(),
      kind: 'question',
      scope: old.scope,
      message: {
        ...old.message,
        replyTarget: target,
        eventKey: `${old.message.eventKey}#${old.id}` as EventKey,
      },
      buttonKey: services.newButtonKey(),
      acceptedAt: at,
    };
    const { adapter } = old.message.place;
    const { eventKey } = turn.message;
    // One commit for both: a crash in between would leave a button that says there is a new answer where there is none.
    const admittance = { adapter, eventKey, at, turnIfNew: () => turn, retryOf: old.id };
    if ((await services.store.turns.admit(admittance)) === 'duplicate') return false;
    services.begin(asTurn(turn));
    // The old reply says that there is a new one, and loses its buttons.
    services.reshow({ ...old, retriedAt: at });
    return true;
  };
}
