import * as sdk from '@larksuiteoapi/node-sdk';
import type { CallBudget } from '../../../src/contract/budget.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import { createFeishuApi, type FeishuApi } from '../../../adapters/feishu/api.ts';
import { createOperations, type FeishuOperations } from '../../../adapters/feishu/operations.ts';
import { createClientHttp } from '../../../adapters/feishu/sdk-http.ts';
import { createSdkLog } from '../../../adapters/feishu/sdk-log.ts';
import { createTenantTokens, requestToken, type TokenOptions } from '../../../adapters/feishu/token.ts';
import { createHttp } from '../../../adapters/shared/http.ts';
import { systemClock } from '../../../src/clock.ts';
import { createRecordedBudget, type RecordedBudget } from '../shared/recorded-budget.ts';
import { createRecordedLog, type RecordedLog } from '../shared/recorded-log.ts';

export type Calls = {
  readonly api: FeishuApi;
  readonly operations: FeishuOperations;
  readonly budget: RecordedBudget;
  readonly log: RecordedLog;
  readonly quotaExhausted: () => number;
  readonly requestToken: (signal: AbortSignal) => Promise<unknown>;
  close(): Promise<void>;
};

type CallsOptions = {
  readonly url: string;
  readonly appId: string;
  readonly appSecret: string;
  readonly clock?: Clock;
  readonly maxBytes?: number;
  readonly budget?: CallBudget;
};

/** The adapter's way out to the Open API, put together as the adapter does it. */
export function createCalls(options: CallsOptions): Calls {
  const { url, appId, appSecret, clock = systemClock, maxBytes = 1_000_000 } = options;
  const log = createRecordedLog();
  const budget = createRecordedBudget();
  const http = createHttp({ clock, proxyFor: () => undefined, timeoutMs: 10_000, maxBytes });
  const tokenOptions: TokenOptions = { appId, appSecret, baseUrl: url, http, budget, clock, log };
  const tokens = createTenantTokens(tokenOptions);
  let exhausted = 0;
  const api = createFeishuApi({
    client: new sdk.Client({
      appId,
      appSecret,
      domain: url,
      disableTokenCache: true,
      httpInstance: createClientHttp(http),
      logger: createSdkLog(log),
    }),
    withToken: sdk.withTenantToken,
    tokens,
    budget: options.budget ?? budget,
    log,
    onQuotaExhausted: () => {
      exhausted += 1;
    },
  });
  return {
    api,
    operations: createOperations(api),
    budget,
    log,
    quotaExhausted: () => exhausted,
    requestToken: (signal) => requestToken(tokenOptions, signal),
    async close() {
      tokens.stop();
      await http.close();
    },
  };
}
