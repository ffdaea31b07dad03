import { describe, expect, it } from 'vitest';
import type { Behaviour } from './behaviours/behaviour.ts';
import { faultBehaviours } from './behaviours/faults.ts';
import { lifecycleBehaviours } from './behaviours/lifecycle.ts';
import { messageBehaviours } from './behaviours/messages.ts';
import { receivingBehaviours } from './behaviours/receiving.ts';
import { renderingBehaviours } from './behaviours/rendering.ts';
import { replyBehaviours } from './behaviours/replies.ts';
import { webhookBehaviours } from './behaviours/webhooks.ts';
import { brokenAdapters } from './broken/broken.ts';
import { remade } from './broken/tools.ts';
import type { CreateHarness } from './harness.ts';
import { createStage, NOT_REACHED } from './stage.ts';
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

/**
 * Registers the whole suite for one adapter; what its platform cannot do is shown as skipped. Some broken adapters in the
 * place of the sound one show that the harness lets such things be seen.
 */
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
    describe('its harness', () => {
      it.for(casesForAnyHarness())(
        'shows an adapter that $is',
        async ({ behaviour, ...remake }, { skip }) => {
          const tried = tryBehaviour(behaviour, remade(createHarness, remake));
          if ((await tried.catch(() => 'reported')) === 'not applicable') skip('the platform cannot do this');
          // That it was never reached would be another fault, of the harness.
          await expect(tried).rejects.not.toThrow(NOT_REACHED);
        },
      );
    });
  });
}

function casesForAnyHarness() {
  return contractGroups
    .flatMap(({ behaviours }) => behaviours)
    .flatMap((behaviour) =>
      brokenAdapters
        .filter(({ anywhere, caughtBy }) => anywhere && caughtBy.includes(behaviour.name))
        .map(({ is, adapter, deps }) => ({
          is,
          behaviour,
          ...(adapter === undefined ? {} : { adapter }),
          ...(deps === undefined ? {} : { deps }),
        })),
    );
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
