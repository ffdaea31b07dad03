import type { Check } from '../../src/contract/adapter.ts';
import { webhookFinding } from '../shared/findings.ts';

/** The console's pages lie behind one entrance. */
export const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame';

/** Whether the platform reaches us. */
export function webhookCheck(lastSeen: Date | undefined): Check {
  const finding = webhookFinding(lastSeen);
  const link = finding.state === 'passed' ? {} : { link: CONSOLE };
  return { code: 'webhook', durationMs: 0, ...finding, ...link };
}
