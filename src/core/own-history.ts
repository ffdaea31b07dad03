import type { Clock } from '../contract/runtime.ts';
import type { Amount, OwnHistory as Erasable } from '../store/forget.ts';
import type { Elsewhere } from '../replicas/elsewhere.ts';
import type { Store } from '../store/store.ts';
import type { Running } from './running.ts';
import type { Turn } from './turn.ts';
import { turnsBy } from './whose-turns.ts';

/** Everything the sender of a turn said on its platform before it, in whatever chat. */
export type OwnHistory = {
  amount(turn: Turn): Promise<Amount>;
  /** Stops what of it is being answered, then erases all. False: a trace is left in the store's files for now. */
  erase(turn: Turn): Promise<boolean>;
};

/** The files are written anew at most so often at people's wish, and otherwise with the hourly purge: it holds up others. */
const scrubIntervalMs = 60_000;

export type OwnHistoryServices = {
  readonly store: Pick<Store, 'forget'>;
  readonly running: Pick<Running, 'stopPerson'>;
  readonly elsewhere: Pick<Elsewhere, 'stop'>;
  readonly clock: Clock;
};

function historyBefore({ id, acceptedAt, message }: Turn): Erasable {
  const { place, sender } = message;
  return { platform: place.platform, person: sender.key, until: acceptedAt, except: id };
}

export function createOwnHistory({ store, running, elsewhere, clock }: OwnHistoryServices): OwnHistory {
  let scrubbedAt = -Infinity;
  return {
    amount: (turn) => store.forget.amount(historyBefore(turn)),
    async erase(turn) {
      const history = historyBefore(turn);
      running.stopPerson(history.platform, history.person, 'stopped');
      await elsewhere.stop(turnsBy(history.platform, history.person), 'stopped');
      const now = clock.now().getTime();
      await store.forget.erasePerson(history, now);
      if (now - scrubbedAt < scrubIntervalMs) return false;
      scrubbedAt = now;
      return store.forget.scrub();
    },
  };
}
