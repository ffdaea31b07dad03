import type { CallBudget } from '../contract/budget.ts';
import { AdapterError } from '../contract/errors.ts';
import type { Metrics } from '../metrics.ts';
import type { CallLedger } from './call-ledger.ts';

/** Where calls are counted. */
export type CallCounters = { readonly ledger: CallLedger; readonly metrics: Metrics };

/** Counts what leaves: in the month's ledger and in the metrics. Calls refused for their rate are not charged. */
export function metered(budget: CallBudget, platform: string, { ledger, metrics }: CallCounters): CallBudget {
  return {
    slowDown: (call, retryAfterMs) => budget.slowDown(call, retryAfterMs),
    run: (call, signal, send) =>
      budget.run(call, signal, async () => {
        const api = `${platform}.${call.api}`;
        try {
          const result = await send();
          ledger.count(platform, call.api);
          metrics.countPlatformCall(api, 'ok');
          return result;
        } catch (error) {
          const code = error instanceof AdapterError ? error.code : 'unknown';
          if (code !== 'rate-limited') ledger.count(platform, call.api);
          metrics.countPlatformCall(api, code);
          throw error;
        }
      }),
  };
}
