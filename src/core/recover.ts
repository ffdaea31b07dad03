import type { Logger } from '../contract/runtime.ts';
import type { Store } from '../store/store.ts';
import type { Turn } from './turn.ts';

/**
 * Takes up every turn an earlier process left unended, oldest first: what was only accepted is answered, what was shown
 * half is answered again in the same reply, what only lacked its last edit gets that. Resolves once all are under way.
 */
export async function recoverTurns(
  store: Pick<Store, 'turns'>,
  begin: (turn: Turn) => void,
  log: Logger,
): Promise<void> {
  const left = await store.turns.unfinished();
  if (left.length > 0) log.info({ turns: left.length }, 'taking up turns that were left unended');
  for (const turn of left) {
    // Whatever began to run has been begun once more; only a turn that was never touched has not.
    begin({ ...turn, attempts: turn.state === 'accepted' && turn.attempts === 0 ? 1 : turn.attempts });
  }
}
