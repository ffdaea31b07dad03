import { describe, it } from 'vitest';
import { contractGroups, describeAdapterContract, tryBehaviour } from '../../contract/adapter-contract.ts';
import { wecomHarness } from './contract-harness.ts';

describeAdapterContract('The AI bot by long connection', wecomHarness('bot'));
describeAdapterContract('The self-built app', wecomHarness('app'));

/** A message has one bubble that grows there; the behaviour asks for three. */
const IMPOSSIBLE_BY_WEBHOOK =
  'is refused no call during half a minute of three answers growing at its own rate';

describe('The AI bot by webhook is an adapter', () => {
  for (const { of, behaviours } of contractGroups) {
    describe(of, () => {
      const possible = behaviours.filter(({ name }) => name !== IMPOSSIBLE_BY_WEBHOOK);
      it.for(possible)('$name', async (behaviour, { skip }) => {
        const result = await tryBehaviour(behaviour, wecomHarness('bot-webhook'));
        if (result === 'not applicable') skip('the platform cannot do this');
      });
    });
  }
});
