import type { Election } from '../contract/replicas.ts';

/** Resolves once this process alone, of all on the same database, holds the name. Rejects only when the signal aborts. */
export type ElectFor = (name: string, signal: AbortSignal) => Promise<Election>;

/** Where no other process can be: elected at once, and for good. */
export const electAlone: ElectFor = async (_name, signal) => {
  signal.throwIfAborted();
  return {
    lost: new AbortController().signal,
    holds: async () => true,
    resign: async () => undefined,
  };
};
