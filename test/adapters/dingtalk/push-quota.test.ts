import { expect, it } from 'vitest';
import { createPushQuota } from '../../../adapters/dingtalk/push-quota.ts';

it('that pushes are used up is said until the month ends in China', () => {
  let now = new Date('2026-11-20T08:00:00Z');
  const quota = createPushQuota({ now: () => now });
  expect(quota.reason()).toBeUndefined();
  quota.exhausted();
  now = new Date('2026-11-30T15:59:00Z');
  expect(quota.reason()).toContain('20001');
  now = new Date('2026-11-30T16:00:00Z');
  expect(quota.reason()).toBeUndefined();
});
