import type { CallBudget, PlannedCall } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { HttpClient } from '../shared/http.ts';
import { parseJson, readText } from '../shared/json.ts';
import { leave, refused } from './api.ts';
import { readRefusal } from './error-codes.ts';

/** Where Stream connections are asked for. */
export type Gateway = {
  /** A ticket for one connection, good for 90 s. Rejects with `AdapterError`. */
  open(signal: AbortSignal): Promise<{ readonly endpoint: string; readonly ticket: string }>;
};

export type GatewayOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly baseUrl: string;
  readonly userAgent: string;
  readonly subscriptions: readonly { readonly type: string; readonly topic: string }[];
  readonly http: Pick<HttpClient, 'exchange'>;
  readonly budget: CallBudget;
};

const GATEWAY_CALL: PlannedCall = { api: 'gateway.open', urgency: 'first' };

export function createGateway(options: GatewayOptions): Gateway {
  const { clientId, clientSecret, baseUrl, userAgent, subscriptions, http, budget } = options;
  return {
    async open(signal) {
      const answer = await leave({ budget, call: GATEWAY_CALL, reading: true, signal }, () =>
        http.exchange({
          method: 'POST',
          url: `${baseUrl}/v1.0/gateway/connections/open`,
          // Without the second header the answer is XML.
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ clientId, clientSecret, subscriptions, ua: userAgent }),
          signal,
        }),
      );
      const body = parseJson(answer.body);
      const refusal = readRefusal({ status: answer.status, body });
      if (refusal?.code === 'rate-limited') budget.slowDown(GATEWAY_CALL, refusal.retryAfterMs);
      if (refusal !== undefined) {
        // Whatever the body says (nobody documents it): 400 and 401 stand for credentials, publication, Stream mode
        // and the list of allowed addresses.
        const code = answer.status === 400 ? 'unauthorized' : refusal.code;
        throw refused('gateway', { ...refusal, code }, answer.status);
      }
      const endpoint = readText(body, 'endpoint');
      const ticket = readText(body, 'ticket');
      if (endpoint === undefined || ticket === undefined || !isSocketAddress(endpoint, baseUrl)) {
        throw new AdapterError('unavailable', 'dingtalk gateway: an answer without a usable endpoint');
      }
      return { endpoint, ticket };
    },
  };
}

/** Never weaker than the way by which it was asked for. */
function isSocketAddress(endpoint: string, baseUrl: string): boolean {
  const protocol = URL.parse(endpoint)?.protocol;
  return protocol === 'wss:' || (protocol === 'ws:' && baseUrl.startsWith('http:'));
}
