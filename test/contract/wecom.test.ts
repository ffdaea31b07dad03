import { describe, it } from 'vitest';
import { contractGroups, describeAdapterContract, tryBehaviour } from './adapter-contract.ts';
import type { Traits } from './harness.ts';
import { wecomHarness } from './wecom-harness.ts';
import { wecomTraits } from './wecom-integration.ts';

describeAdapterContract('The WeCom AI bot over the long connection', wecomHarness('bot'));
describeAdapterContract('The WeCom self-built app', wecomHarness('app'));

/**
 * By webhook the answer to a message waits a moment for first words, and the suite looks for it while time stands still:
 * it cannot tell there an adapter that answers too soon (`test/e2e/wecom-minutes.test.ts` can). So it is not told of
 * redelivery, and what it asks of that is asked below.
 */
const all = wecomTraits['bot-webhook'];
const withoutRedelivery: Traits = { ...all, redelivers: false };

describeAdapterContract('The WeCom AI bot by webhook', wecomHarness('bot-webhook', withoutRedelivery));

describe('The WeCom AI bot by webhook, which delivers again', () => {
  const asked = contractGroups
    .flatMap(({ behaviours }) => behaviours)
    .filter(({ name }) => /acknowledge|^when paused/.test(name));
  it.for(asked)('$name', async (behaviour) => {
    await tryBehaviour(behaviour, wecomHarness('bot-webhook', all));
  });
});
