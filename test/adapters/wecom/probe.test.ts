import { describe, expect, it } from 'vitest';
import type { Adapter, Check } from '../../../src/contract/adapter.ts';
import { never } from '../shared/waiting.ts';
import { play, signedRequest, vectorKeys, xmlEnvelope, type Played } from './support.ts';

async function checks({ adapter, settled }: Pick<Played, 'adapter' | 'settled'>): Promise<readonly Check[]> {
  const all = async (): Promise<Check[]> => {
    const found: Check[] = [];
    for await (const check of adapter.probe(never)) found.push(check);
    return found;
  };
  return settled(all());
}

const webhookOf = async (played: Played): Promise<Check | undefined> =>
  (await checks(played)).find(({ code }) => code === 'webhook');

const post = (adapter: Adapter, request: Parameters<Adapter['webhooks'][number]['handle']>[0]) =>
  adapter.webhooks[0]?.handle(request);

describe.each([
  { integration: 'app', key: 'WECOM_AGENT_TOKEN', envelope: xmlEnvelope },
  { integration: 'bot-webhook', key: 'WECOM_BOT_TOKEN', envelope: undefined },
] as const)('callbacks of $integration', ({ integration, key, envelope }) => {
  it('that are signed with another token name the key, and a genuine one is told with its time', async () => {
    const played = await play({ integration });
    const { adapter, ask } = played;
    expect((await webhookOf(played))?.evidence).toMatch(/^no request yet/);
    const forged = signedRequest('{"msgtype":"text"}', vectorKeys, envelope);
    await post(adapter, forged);
    await post(adapter, { ...forged, method: 'GET', query: new URLSearchParams({ echostr: 'AAAA' }) });
    const check = await webhookOf(played);
    expect(check?.state).toBe('failed');
    expect(check?.evidence).toContain(`2 refused (${key} 1, form 1)`);
    await played.clock.advance(1_000);
    await ask();
    expect((await webhookOf(played))?.evidence).toMatch(/^last request \S+, \d+ in all/);
  });
});

it('an address that is not trusted is named with the field of the console that allows it', async () => {
  const played = await play({ integration: 'app' });
  played.sim.trustAddress(false);
  expect(await checks(played)).toContainEqual(
    expect.objectContaining({
      code: 'permission',
      state: 'failed',
      evidence: 'forbidden 60020 from 127.0.0.1',
      missing: ['企业可信IP 127.0.0.1'],
      link: expect.stringContaining('#apps'),
    }),
  );
});
