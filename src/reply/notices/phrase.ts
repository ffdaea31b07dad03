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

/** `1 question`, `1,204 questions`: English alone has a plural. */
export function numberOfQuestions(value: number): string {
  return `${count(value)} ${value === 1 ? 'question' : 'questions'}`;
}

/** `3 天 4 小时`, `5 分 12 秒`: the two largest units. */
export function duration(milliseconds: number): Phrase {
  const whole = Math.max(0, Math.floor(milliseconds / 1000));
  const units = [
    { value: Math.floor(whole / 86_400), zh: '天', en: 'd' },
    { value: Math.floor(whole / 3600) % 24, zh: '小时', en: 'h' },
    { value: Math.floor(whole / 60) % 60, zh: '分', en: 'min' },
    { value: whole % 60, zh: '秒', en: 's' },
  ];
  const first = units.findIndex(({ value }) => value > 0);
  const shown = units
    .slice(first === -1 ? 3 : first, (first === -1 ? 3 : first) + 2)
    .filter(({ value }, index) => value > 0 || index === 0);
  return phrase(
    shown.map(({ value, zh }) => `${value} ${zh}`).join(' '),
    shown.map(({ value, en }) => `${value} ${en}`).join(' '),
  );
}
