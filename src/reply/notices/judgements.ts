import { phrase } from './phrase.ts';

/** How people judged the answers, in `/usage`. */
export const judgements = {
  title: phrase('全部评价', 'Everybody’s verdicts'),
  good: phrase('👍', '👍'),
  bad: phrase('👎', '👎'),
} as const;
