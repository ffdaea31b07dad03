import { z } from 'zod';
import type { PaneEvent } from '../../pane.ts';

/** A press as the page reports it. */
export const pressShape = z.object({
  message: z.string(),
  by: z.string(),
  value: z.record(z.string(), z.unknown()),
  label: z.string(),
});

/** Shows a press of a button among the pushes: how long it took and what came of it. */
export async function pushed<Outcome>(
  { eventType, label, outcomeOf }: PressPush<Outcome>,
  emit: (event: PaneEvent) => void,
  press: () => Promise<Outcome>,
): Promise<Outcome> {
  const atMs = Date.now();
  const outcome = await press();
  const attempt = { atMs, durationMs: Date.now() - atMs, outcome: outcomeOf(outcome) };
  const delivery = { id: `press-${atMs}`, eventType, label, attempts: [attempt], state: 'acknowledged' };
  emit({ type: 'delivery', delivery });
  return outcome;
}

type PressPush<Outcome> = {
  readonly eventType: string;
  readonly label: string;
  readonly outcomeOf: (outcome: Outcome) => string;
};
