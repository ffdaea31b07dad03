import type { Language } from '../../store/store.ts';

/** One sentence in both languages, side by side so that neither can be forgotten. */
export type Phrase = Readonly<Record<Language, string>>;

export function phrase(zh: string, en: string): Phrase {
  return { zh, en };
}

/** `3.2 秒`, `3.2 s`. */
export function seconds(milliseconds: number): Phrase {
  const value = (milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0);
  return phrase(`${value} 秒`, `${value} s`);
}

/** `1,204`: the same in both languages. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
