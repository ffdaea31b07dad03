import type { Measurement } from '../measurement.ts';
import { answerCurves, answerFigures } from './answers-figures.ts';
import { measureLoad, type AnswerLoad, type LoadFigures } from './answers-load.ts';

/** The short answers of the table everyone is compared by: 200 deltas, 20 ms apart, all asked at once. */
const short = {
  tokens: 200,
  intervalMs: 20,
  firstTokenMs: 50,
  spreadMs: 0,
  untilClosed: true,
  floorTokens: 200,
};
/** 20 tokens a second each. No more than 50 questions a second: so many replies the platform lets be opened. */
const crowd = { intervalMs: 50, firstTokenMs: 50, rounds: 1 };

/**
 * At 200 and 1,000 longer than the platform's longest window, so that nobody can live on what it permits at the beginning;
 * the others are for the curves.
 */
const loads: readonly AnswerLoad[] = [
  { ...short, replies: 1, rounds: 3 },
  { ...short, replies: 8, rounds: 2 },
  { ...crowd, replies: 50, spreadMs: 1_000, tokens: 160, untilClosed: false, floorTokens: 100 },
  { ...crowd, replies: 200, spreadMs: 4_000, tokens: 1_250, untilClosed: true, floorTokens: 100 },
  { ...crowd, replies: 500, spreadMs: 10_000, tokens: 300, untilClosed: false, floorTokens: 150 },
  { ...crowd, replies: 1_000, spreadMs: 20_000, tokens: 1_000, untilClosed: true, floorTokens: 200 },
];

/** Answers under load, from one reply to a thousand at once, beside a bare pass-through and the best schedule possible. */
export const measureAnswers: Measurement = {
  name: 'answers',
  what: 'answers under load: 1 to 1,000 replies at once on Feishu (webhook)',
  async run(progress) {
    const measured: LoadFigures[] = [];
    for (const load of loads) {
      const told = load.replies === 1 ? '1 reply' : `${load.replies} replies at once`;
      progress(`${told}, first the bare pass-through, then the service`);
      measured.push(await measureLoad(load));
    }
    return {
      figures: answerFigures(measured),
      curves: answerCurves(measured),
      notes: measured.flatMap(({ notes }) => notes),
    };
  },
};
