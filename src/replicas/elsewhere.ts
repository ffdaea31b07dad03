import { z } from 'zod';
import type { Logger } from '../contract/runtime.ts';
import type { Running } from '../core/running.ts';
import type { StopWish, Turn, TurnId } from '../core/turn.ts';
import type { WhichTurns } from '../core/whose-turns.ts';
import type { Store } from '../store/store.ts';

/** What other processes on the same database are working on. */
export type Elsewhere = {
  /** Unfinished turns of others; none where we are alone. */
  list(): Promise<readonly Turn[]>;
  /**
   * Has those of their turns stopped that it is true for; says how many there are. Nothing where we are alone. The wish is
   * stored: where the process has just died, whoever takes the turn up ends it so.
   */
  stop(which: WhichTurns, wish: StopWish): Promise<number>;
  /** Carries out what others ask of us, until the returned function is called. */
  listen(running: Pick<Running, 'stop'>): () => void;
};

const channel = 'stop';
/** Ids in one signal; with sixteen characters each far below what a signal may hold. */
const maxIds = 300;

const request = z.object({
  ids: z.array(z.string()),
  reason: z.enum(['stopped', 'stopped-by-administrator', 'recalled']),
});

export function createElsewhere(
  {
    engine,
    owner,
    leases,
    signals,
    stopWishes,
  }: Pick<Store, 'engine' | 'owner' | 'leases' | 'signals' | 'stopWishes'>,
  log: Logger,
): Elsewhere {
  const list = async (): Promise<readonly Turn[]> => (engine === 'sqlite' ? [] : leases.elsewhere(owner));
  return {
    list,
    async stop(which, wish) {
      const ids = (await list()).filter(which).map(({ id }) => id);
      for (let from = 0; from < ids.length; from += maxIds) {
        const some = ids.slice(from, from + maxIds);
        // Stored first: who takes a turn up between the two looks it up, who works on it already hears the signal.
        await stopWishes.make(some, wish);
        await signals.notify(channel, JSON.stringify({ ids: some, reason: wish }));
      }
      return ids.length;
    },
    listen: (running) =>
      signals.listen(channel, {
        received(payload) {
          const asked = request.safeParse(parsed(payload));
          if (!asked.success) return log.warn({}, 'a signal of another process cannot be read');
          for (const id of asked.data.ids) running.stop(id as TurnId, asked.data.reason);
        },
        missed() {
          stopWishes.ofOwner(owner).then(
            (wishes) => wishes.forEach(({ id, wish }) => running.stop(id, wish)),
            (error: unknown) => log.warn({ error }, 'what others wanted stopped could not be looked up'),
          );
        },
      }),
  };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
