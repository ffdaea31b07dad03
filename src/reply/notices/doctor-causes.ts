import type { Cause } from './cause.ts';
import { causesInTheModel } from './causes-in-the-model.ts';
import { causesOfAnswers } from './causes-of-answers.ts';
import { causesOnTheWay } from './causes-on-the-way.ts';

/** Every cause the doctor knows of a model server that does not work. */
export const causes = { ...causesOnTheWay, ...causesOfAnswers, ...causesInTheModel } satisfies Record<
  string,
  Cause
>;

export type CauseCode = keyof typeof causes;
