import type { Check } from '../../src/contract/adapter.ts';
import type { CallbacksSeen } from '../shared/callback-count.ts';
import { webhookFinding } from '../shared/findings.ts';
import { withClock } from '../shared/platform-clock.ts';

/** The console's pages lie behind one entrance. */
export const CONSOLE = 'https://work.weixin.qq.com/wework_admin/frame';

/** Whether the platform reaches us. `skewMs`: its clock minus ours, where that was asked. */
export function webhookCheck(seen: CallbacksSeen, skewMs: number | undefined): Check {
  const finding = webhookFinding(seen);
  const evidence = withClock(finding.evidence, skewMs);
  const link = finding.state === 'passed' ? {} : { link: CONSOLE };
  return { code: 'webhook', durationMs: 0, ...finding, evidence, ...link };
}
