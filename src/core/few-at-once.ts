import type { Turn } from './turn.ts';

/**
 * Commands and refusals of one person that are answered at once. A flood of them then takes its turns beside the replies
 * of others, and `/stop` still gets through while two long commands run.
 */
const answersAtOnce = 3;

type Entry = { running: number; readonly waiting: (() => void)[] };

/**
 * Questions have lanes of their own; what is answered without the model must not crowd others out either: only few of one
 * person's are carried out at once, the first come first.
 */
export function createFewAtOnce(carryOut: (turn: Turn) => Promise<void>): (turn: Turn) => Promise<void> {
  // By person; an entry exists only while something runs or waits.
  const entries = new Map<string, Entry>();

  return async (turn) => {
    if (turn.kind === 'question') return carryOut(turn);
    const { place, sender } = turn.message;
    const person = JSON.stringify([place.platform, sender.key]);
    const entry = entries.get(person) ?? { running: 0, waiting: [] };
    entries.set(person, entry);
    if (entry.running < answersAtOnce) entry.running += 1;
    else await new Promise<void>((begin) => entry.waiting.push(begin));
    try {
      await carryOut(turn);
    } finally {
      // The place goes from hand to hand, so that nobody slips in between.
      const next = entry.waiting.shift();
      if (next !== undefined) next();
      else entry.running -= 1;
      if (entry.running === 0) entries.delete(person);
    }
  };
}
