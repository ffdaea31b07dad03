import type { WebhookRequest, WebhookResponse } from '../../../src/contract/adapter.ts';
import type { Admission, InboundEvent } from '../../../src/contract/inbound.ts';
import { createIntake } from '../../../adapters/feishu/intake.ts';
import { createFeishuWebhook } from '../../../adapters/feishu/webhook.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { createRecordedLog } from '../shared/recorded-log.ts';
import { botOpenId, keys, messageEvent, receivedAt, withToken } from './support.ts';

type Setup = {
  readonly admit?: (event: InboundEvent) => Promise<Admission>;
  readonly self?: string | undefined;
};

export function createWebhook({ admit, self = botOpenId }: Setup = {}) {
  const clock = createFakeClock(receivedAt);
  const log = createRecordedLog();
  const admitted: InboundEvent[] = [];
  const intake = createIntake({ clock, log, botOpenId: () => (self === '' ? undefined : self) });
  intake.open(async (event) => {
    admitted.push(event);
    return admit === undefined ? { outcome: 'accepted' } : admit(event);
  });
  const webhook = createFeishuWebhook({ keys, intake, clock, log });
  return {
    clock,
    log,
    admitted,
    intake,
    webhook,
    post: (request: WebhookRequest) => webhook.route.handle(request),
  };
}

export const genuine = withToken(messageEvent({ content: '{"text":"机密 text"}' }));
export const bodyOf = ({ body }: WebhookResponse): unknown => JSON.parse(String(body));
export const withHeaders = (
  request: WebhookRequest,
  headers: Record<string, string | undefined>,
): WebhookRequest => {
  const all = Object.entries({ ...request.headers, ...headers }).filter(([, value]) => value !== undefined);
  return { ...request, headers: Object.fromEntries(all) as Record<string, string> };
};
export const withBody = (request: WebhookRequest, body: string | Uint8Array): WebhookRequest => ({
  ...request,
  body: Buffer.from(body),
});
