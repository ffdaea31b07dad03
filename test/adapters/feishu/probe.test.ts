import { expect, it } from 'vitest';
import { webhookFinding } from '../../../adapters/shared/findings.ts';
import { encrypt, keys, messageEvent, signedRequest, webhookEvent, withToken } from './support.ts';
import { createWebhook, genuine, withBody } from './webhook-support.ts';

const stale = { timestamp: '1700000000' };
const checkOfAddress = JSON.stringify({ type: 'url_verification', challenge: 'c-1', token: 'another' });

it.each([
  { why: 'nothing came', requests: [], state: 'unknown', evidence: 'no request yet' },
  {
    why: 'signed with another encrypt key',
    requests: [webhookEvent(genuine, { encryptKey: 'another-key' })],
    state: 'failed',
    evidence: 'no request yet, 1 refused (FEISHU_ENCRYPT_KEY 1)',
  },
  {
    why: 'the console’s check of the address under another encrypt key',
    requests: [
      { ...signedRequest(JSON.stringify({ encrypt: encrypt(checkOfAddress, 'another-key') })), headers: {} },
    ],
    state: 'failed',
    evidence: 'no request yet, 1 refused (FEISHU_ENCRYPT_KEY 1)',
  },
  {
    why: 'another verification token, twice, and one too old',
    requests: [
      webhookEvent(withToken(messageEvent({}), 'another')),
      { ...signedRequest(checkOfAddress), headers: {} },
      webhookEvent(genuine, stale),
    ],
    state: 'failed',
    evidence: 'no request yet, 3 refused (FEISHU_VERIFICATION_TOKEN 2, stale 1)',
  },
  {
    why: 'somebody’s requests that are no callbacks',
    requests: [withBody(signedRequest('{}'), 'hello'), withBody(signedRequest('{}'), '[]')],
    state: 'unknown',
    evidence: 'no request yet, 2 refused (form 2)',
  },
])('the doctor learns what refused callbacks did not match: $why', async ({ requests, state, evidence }) => {
  const { webhook, post } = createWebhook();
  for (const request of requests) await post(request);
  expect(webhookFinding(webhook.seen())).toEqual({ state, evidence });
});

it('a genuine callback is counted with its time; a key that no longer matches shows after it', async () => {
  const { webhook, post, clock } = createWebhook();
  await post(webhookEvent(genuine));
  expect(webhookFinding(webhook.seen())).toEqual({
    state: 'passed',
    evidence: 'last request 2026-11-20T08:00:00.000Z, 1 in all',
  });
  await clock.advance(1_000);
  const another = keys.encryptKey.replace(/^./, '#');
  await post(webhookEvent(genuine, { encryptKey: another }));
  expect(webhookFinding(webhook.seen())).toEqual({
    state: 'unknown',
    evidence: 'last request 2026-11-20T08:00:00.000Z, 1 in all, 1 refused (FEISHU_ENCRYPT_KEY 1)',
  });
});
