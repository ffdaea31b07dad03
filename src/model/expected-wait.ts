import type { AnswerPace } from './answer-pace.ts';
import type { EngineLoad } from './types.ts';

/** A server as the wait for it depends on it. */
export type Workplace = {
  /** How many of our requests run there at once. */
  readonly places: number;
  /** Its own figures, where it tells them. */
  readonly engine: EngineLoad | undefined;
};

/**
 * How long it takes, in milliseconds, until the model begins with a request that has `ahead` others to wait for.
 * Places become free one after another: with n of them, n times in the time of one answer. Where an engine shows its own
 * queue (other clients' requests stand there too), that goes before what the last answers took. Undefined while nothing
 * was measured.
 */
export function expectedWaitMs(
  ahead: number,
  workplaces: readonly Workplace[],
  pace: AnswerPace,
): number | undefined {
  const typicalMs = pace.typicalMs();
  const undisturbedMs = pace.undisturbedMs();
  if (typicalMs === undefined || undisturbedMs === undefined || workplaces.length === 0) return undefined;
  const rates = workplaces.map(({ places, engine }) => {
    if (engine?.waiting === undefined) return { perMs: places / typicalMs, queueMs: 0 };
    const queueMs = (undisturbedMs * engine.waiting) / Math.max(1, engine.running);
    return { perMs: places / (undisturbedMs + queueMs), queueMs };
  });
  const perMs = rates.reduce((sum, rate) => sum + rate.perMs, 0);
  return ahead / perMs + Math.min(...rates.map(({ queueMs }) => queueMs));
}
