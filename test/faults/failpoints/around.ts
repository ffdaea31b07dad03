import { controlVariable, createReporter } from './control.ts';
import type { Step } from './points.ts';

/** Tells of a moment; does not return where the process is to die there. */
export const report = createReporter(process.env[controlVariable] ?? '');

/** Does `work`, and tells of the moments before and after. */
export async function around<Result>(step: Step, work: () => Promise<Result>): Promise<Result> {
  report(step, 'before');
  const result = await work();
  report(step, 'after');
  return result;
}
