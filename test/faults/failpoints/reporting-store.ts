import type { TurnPatch } from '../../../src/core/turn.ts';
import { openStore as openReal, type Store } from '../../../src/store/store.ts';
import type { TurnStore } from '../../../src/store/turns.ts';
import { around } from './around.ts';
import type { Step } from './points.ts';

/** Which step of a turn's life a save is; undefined for one that is no step of its own. */
export function stepOf({
  state,
  parts,
  attempts,
  question,
  answer,
  promptTokens,
}: TurnPatch): Step | undefined {
  if (state === 'finalising') return 'finalise';
  if (state === 'done' || state === 'failed' || state === 'interrupted') return 'end';
  if (state === 'streaming') return 'streaming';
  if (parts !== undefined) return parts.every(({ closed }) => closed) ? 'closed' : 'opened';
  if (attempts !== undefined) return 'begin';
  if (question !== undefined) return 'question';
  if (answer !== undefined) return 'partial';
  return promptTokens === undefined ? undefined : 'counted';
}

function reporting(turns: TurnStore): TurnStore {
  return {
    ...turns,
    admit: (admittance) => around('admit', () => turns.admit(admittance)),
    save(...given) {
      const step = stepOf(given[1]);
      return step === undefined ? turns.save(...given) : around(step, () => turns.save(...given));
    },
  };
}

/** The store as it is, whose writes of turns can be a process's last. */
export async function openStore(...given: Parameters<typeof openReal>): Promise<Store> {
  const store = await openReal(...given);
  return { ...store, turns: reporting(store.turns) };
}
