import { phrase, type Phrase } from './phrase.ts';

/** What a cause's sentences may name. */
export type CauseFacts = {
  readonly hostname: string;
  readonly port: string;
  /** What the cause itself turns on: a model id, a port, a module, a URL, seconds. Empty when there is none. */
  readonly detail: string;
};

/** Why something does not work, and what mends it. */
export type CauseWords = { readonly cause: Phrase; readonly remedy: Phrase };

export type Cause = (facts: CauseFacts) => CauseWords;

/** Makes a cause of two functions that give Chinese and English. */
export const words =
  (
    cause: (facts: CauseFacts) => readonly [zh: string, en: string],
    remedy: (facts: CauseFacts) => readonly [zh: string, en: string],
  ): Cause =>
  (facts) => ({ cause: phrase(...cause(facts)), remedy: phrase(...remedy(facts)) });
