import { describe, it } from 'vitest';
import { botCapabilities } from '../../adapters/wecom/bot/capabilities.ts';
import { contractGroups, describeAdapterContract, tryBehaviour } from './adapter-contract.ts';
import type { Behaviour } from './behaviours/behaviour.ts';
import type { Traits } from './harness.ts';
import { wecomHarness } from './wecom-harness.ts';
import { wecomTraits } from './wecom-integration.ts';

describeAdapterContract('The WeCom AI bot over the long connection', wecomHarness('bot'));
describeAdapterContract('The WeCom self-built app', wecomHarness('app'));

/**
 * What the suite takes for granted where there is growth and redelivery, and what is otherwise by webhook: a message has
 * one bubble, so three replies to it cannot grow; and an answer that waits a moment for first words does not come while
 * time stands still, so an adapter that answers too soon is not seen (`test/e2e/wecom.test.ts` sees it). The suite is
 * told of neither; whatever else it asks of both is asked below.
 */
const all = wecomTraits['bot-webhook'];
const fewer: Traits = { ...all, showsGrowth: false, redelivers: false };
const THREE_AT_ONCE = 'is refused no call during half a minute of three answers growing at its own rate';

describeAdapterContract('The WeCom AI bot by webhook', wecomHarness('bot-webhook', fewer));

describe('The WeCom AI bot by webhook, asked about growth and redelivery', () => {
  const capabilities = botCapabilities('polled', 300);
  const isLeftOut = ({ applies, name }: Behaviour): boolean =>
    applies?.(all, capabilities) === true && !applies(fewer, capabilities) && name !== THREE_AT_ONCE;
  /** Behaviours that look further where there is more. */
  const looksFurther = ({ name }: Behaviour): boolean =>
    /^(goes on with a reply in another process|when paused takes no events)/.test(name);
  const behaviours = contractGroups.flatMap((group) => group.behaviours);
  it.for(behaviours.filter((behaviour) => isLeftOut(behaviour) || looksFurther(behaviour)))(
    '$name',
    async (behaviour) => {
      await tryBehaviour(behaviour, wecomHarness('bot-webhook', all));
    },
  );
});
