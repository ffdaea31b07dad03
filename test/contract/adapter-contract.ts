import { describe, it } from 'vitest';
import type { Behaviour } from './behaviours/behaviour.ts';
import { faultBehaviours } from './behaviours/faults.ts';
import { lifecycleBehaviours } from './behaviours/lifecycle.ts';
import { messageBehaviours } from './behaviours/messages.ts';
import { receivingBehaviours } from './behaviours/receiving.ts';
import { renderingBehaviours } from './behaviours/rendering.ts';
import { replyBehaviours } from './behaviours/replies.ts';
import { webhookBehaviours } from './behaviours/webhooks.ts';
import type { CreateHarness } from './harness.ts';
import { createStage } from './stage.ts';
import type { Pace } from './surroundings.ts';

/** What an adapter is: whatever does all of this is one. */
export const contractGroups: readonly { readonly of: string; readonly behaviours: readonly Behaviour[] }[] = [
  { of: 'messages', behaviours: messageBehaviours },
  { of: 'receiving', behaviours: receivingBehaviours },
  { of: 'replies', behaviours: replyBehaviours },
  { of: 'faults of the platform', behaviours: faultBehaviours },
  { of: 'starting, waiting and stopping', behaviours: lifecycleBehaviours },
  { of: 'Markdown', behaviours: renderingBehaviours },
  { of: 'webhooks', behaviours: webhookBehaviours },
];

/** Registers the whole suite for one adapter. What its platform cannot do is shown as skipped. */
export function describeAdapterContract(name: string, createHarness: CreateHarness): void {
  describe(`${name} is an adapter`, () => {
    for (const { of, behaviours } of contractGroups) {
      describe(of, () => {
        it.for(behaviours)('$name', async (behaviour, { skip }) => {
          const result = await tryBehaviour(behaviour, createHarness);
          if (result === 'not applicable') skip('the platform cannot do this');
        });
      });
    }
  });
}

/** Tries one behaviour on a fresh platform; rejects when the adapter does not have it. */
export async function tryBehaviour(
  { applies, run }: Behaviour,
  createHarness: CreateHarness,
  pace?: Pace,
): Promise<'passed' | 'not applicable'> {
  const stage = await createStage(createHarness, pace);
  try {
    if (applies?.(stage.harness.traits, stage.first.capabilities) === false) return 'not applicable';
    await run(stage);
    return 'passed';
  } finally {
    await stage.end();
  }
}
