import { z } from 'zod';
import type { AdapterId } from '../contract/ids.ts';
import type { Logger } from '../contract/runtime.ts';
import type { PlatformAlerts } from '../diagnosis/platform-alerts.ts';
import type { Signals } from '../store/signals.ts';

const channel = 'alert';

const alert = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('notice'),
    adapter: z.string(),
    code: z.enum([
      'quota-exceeded',
      'pushes-exceeded',
      'displaced',
      'permission-withdrawn',
      'removed-from-chat',
    ]),
    evidence: z.string(),
  }),
  z.object({
    type: z.literal('pace'),
    adapter: z.string(),
    level: z.enum(['free', 'thrifty', 'tight', 'final-only']),
  }),
]);

/**
 * What one process notices, all hear of: the leader tells the administrators, and the others remember that they were told,
 * so that whoever leads next does not tell them again.
 */
export function shareAlerts(alerts: PlatformAlerts, signals: Signals, log: Logger): PlatformAlerts {
  signals.listen(channel, {
    received(payload) {
      const heard = alert.safeParse(parsed(payload));
      if (!heard.success) return log.warn({}, 'an alert of another process cannot be read');
      const { data } = heard;
      const adapter = data.adapter as AdapterId;
      if (data.type === 'notice') alerts.notice({ ...data, adapter });
      else alerts.pace(adapter, data.level);
    },
    // It stands in the log of the process that noticed, and will be noticed again.
    missed: () => undefined,
  });
  const send = (what: z.infer<typeof alert>): void =>
    void signals
      .notify(channel, JSON.stringify(what))
      .catch((error: unknown) => log.warn({ ...what, error }, 'an alert did not reach the other replicas'));
  return {
    notice: ({ adapter, code, evidence }) => send({ type: 'notice', adapter, code, evidence }),
    pace: (adapter, level) => send({ type: 'pace', adapter, level }),
  };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
