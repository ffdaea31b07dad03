import type { IncomingMessage } from 'node:http';
import type { WebhookRequest, WebhookResponse, WebhookRoute } from '../contract/adapter.ts';
import type { Logger } from '../contract/runtime.ts';
import type { FailureLimit } from './failure-limit.ts';
import { peerAddress, peerKey } from './peers.ts';
import type { RawBody } from './raw-body.ts';

export type WebhookDeps = {
  readonly readBody: (request: IncomingMessage) => Promise<RawBody>;
  readonly failures: FailureLimit;
  readonly log: Logger;
  /** Called once the whole request is here. */
  readonly received: (request: IncomingMessage) => void;
};

/** Undefined when the peer left before its request was complete. */
export type WebhookAnswer = WebhookResponse | undefined;

const REFUSALS = { 'too-large': 413, 'too-busy': 503, encoded: 415 } as const;

/**
 * Takes one request to `route`: method, whole body, handler. Never rejects. Refusals are counted, and a peer with too
 * many learns nothing more about why. A genuine request passes all the same: behind a proxy every peer has the proxy's
 * address, and a stranger's forgeries must not shut the platform out.
 */
export async function answerWebhook(
  route: WebhookRoute,
  request: IncomingMessage,
  deps: WebhookDeps,
): Promise<WebhookAnswer> {
  const peer = peerKey(peerAddress(request.socket.remoteAddress));
  const answer = await verifyAndHandle(route, request, deps);
  if (answer === undefined || answer.status < 400 || answer.status >= 500) return answer;
  const waitMs = deps.failures.retryAfterMs(peer);
  if (waitMs !== undefined) {
    return { status: 429, headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } };
  }
  deps.log.debug({ path: route.path, status: answer.status, peer }, 'webhook refused');
  if (deps.failures.recordFailure(peer))
    deps.log.warn({ peer }, 'too many refused webhooks, peer is put off');
  return answer;
}

async function verifyAndHandle(
  route: WebhookRoute,
  request: IncomingMessage,
  { readBody, log, received }: WebhookDeps,
): Promise<WebhookAnswer> {
  const method = route.methods.find((name) => name === request.method);
  if (method === undefined) return { status: 405, headers: { allow: route.methods.join(', ') } };
  const body = await readBody(request);
  if ('refused' in body) return body.refused === 'cut-off' ? undefined : { status: REFUSALS[body.refused] };
  received(request);
  try {
    return await route.handle(toWebhookRequest(method, request, body.bytes));
  } catch (error) {
    log.error({ path: route.path, error }, 'webhook handler failed');
    return { status: 500 };
  }
}

function toWebhookRequest(
  method: WebhookRequest['method'],
  request: IncomingMessage,
  body: Uint8Array,
): WebhookRequest {
  const headers: Record<string, string> = {};
  // A header that came twice is told as both values, so that a check against one of them fails.
  for (const [name, values] of Object.entries(request.headersDistinct))
    headers[name] = (values ?? []).join(', ');
  const url = request.url ?? '';
  const question = url.indexOf('?');
  const query = new URLSearchParams(question === -1 ? '' : url.slice(question + 1));
  return { method, query, headers, body };
}
