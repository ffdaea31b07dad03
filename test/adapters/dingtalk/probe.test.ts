import { expect, it } from 'vitest';
import type { Check } from '../../../src/contract/adapter.ts';
import { signatureOf } from '../../../adapters/dingtalk/verify.ts';
import { never } from '../shared/waiting.ts';
import { stage, type Stage } from './support.ts';

async function post({ adapter, clock }: Stage, secret: string, offMs = 0): Promise<void> {
  const timestamp = String(clock.now().getTime() + offMs);
  const headers = { timestamp, sign: signatureOf(timestamp, secret) };
  const body = Buffer.from('{"msgId":"m1","conversationId":"c1"}');
  await adapter.webhooks[0]?.handle({ method: 'POST', query: new URLSearchParams(), headers, body });
}

async function webhookCheck({ adapter, settled }: Stage): Promise<Check | undefined> {
  const found = async (): Promise<Check | undefined> => {
    for await (const check of adapter.probe(never)) if (check.code === 'webhook') return check;
    return undefined;
  };
  return settled(found());
}

it('the doctor learns what refused callbacks did not match, and when a genuine one came', async () => {
  const set = await stage({ env: { DINGTALK_MODE: 'webhook' } });
  const { clientSecret } = set.sim.app;
  expect(await webhookCheck(set)).toMatchObject({ state: 'unknown', evidence: 'no request yet' });
  await post(set, 'another-secret');
  await post(set, clientSecret, -120_000);
  expect(await webhookCheck(set)).toMatchObject({
    state: 'failed',
    evidence: 'no request yet, 2 refused (DINGTALK_CLIENT_SECRET 1, stale 1)',
  });
  await set.clock.advance(1_000);
  await post(set, clientSecret);
  const check = await webhookCheck(set);
  expect(check?.state).toBe('passed');
  expect(check?.evidence).toMatch(/^last request \S+, 1 in all, 2 refused/);
});
