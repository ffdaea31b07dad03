import type { Check } from '../../src/contract/adapter.ts';

/** The console's pages lie behind one entrance. */
export const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame';

/** A webhook cannot be tried from here: what tells is whether a genuine request has come. */
export function webhookCheck(lastSeen: Date | undefined): Check {
  if (lastSeen === undefined)
    return { code: 'webhook', state: 'unknown', durationMs: 0, evidence: 'no request yet', link: CONSOLE };
  return {
    code: 'webhook',
    state: 'passed',
    durationMs: 0,
    evidence: `last request ${lastSeen.toISOString()}`,
  };
}
