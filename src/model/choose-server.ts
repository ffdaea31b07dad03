import type { Trust } from './breaker.ts';
import type { Server } from './server.ts';

/** What the choice is made by, beside the servers themselves. */
export type Need = {
  /** The message has pictures. */
  readonly pictured: boolean;
  /** The model that was chosen; undefined: each server's usual one. */
  readonly model: string | undefined;
  /** The server that has the conversation in its prefix cache. */
  readonly home: Server | undefined;
};

export type Candidate = {
  readonly server: Server;
  /** How often it was asked for this message. */
  readonly tries: number;
};

/** What the cached beginning is worth: as much as a quarter of a server's places being free elsewhere. */
const homeAdvantage = 0.26;
/** Names of models that see: a hint for the order, never taken for knowledge (Qwen3.5 and 3.6 see without "VL"). */
const namedAsSeeing = /\bvl\b|-vl-|vl-|omni|qwen3\.[5-9]/i;

/** False for a server that is known not to see when there is something to see, or not to have the chosen model. */
export function canTake(server: Server, { pictured, model }: Need): boolean {
  const known = server.known(model);
  if (model !== undefined && known === undefined) return false;
  return !pictured || known?.vision !== 'no';
}

/**
 * The candidates worth asking now, the best first: those trusted most, and among them who has been asked least for this
 * message, who is known to see, and who is least loaded, the conversation's home preferred. Equals stay in their order.
 */
export function choose<Choice extends Candidate>(candidates: readonly Choice[], need: Need): Choice[] {
  const ranked = candidates.map((candidate) => ({ candidate, rank: ranks[candidate.server.trust()] }));
  const best = Math.min(...ranked.map(({ rank }) => rank));
  return ranked
    .filter(({ rank }) => rank === best)
    .map(({ candidate }) => ({ candidate, key: keyOf(candidate, need) }))
    .toSorted((one, other) => compare(one.key, other.key))
    .map(({ candidate }) => candidate);
}

const ranks: Readonly<Record<Trust, number>> = { well: 0, trial: 0, doubtful: 1, ejected: 2 };

type Key = readonly [tries: number, sight: number, load: number];

function keyOf({ server, tries }: Candidate, { pictured, home, model }: Need): Key {
  const advantage = server === home ? homeAdvantage : 0;
  return [tries, pictured ? sightOf(server, model) : 0, server.load() - advantage];
}

function sightOf(server: Server, chosen: string | undefined): number {
  const { vision, model } = server.known(chosen) ?? { vision: 'unknown', model: '' };
  if (vision === 'yes') return 0;
  return namedAsSeeing.test(model) ? 1 : 2;
}

function compare(one: Key, other: Key): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
