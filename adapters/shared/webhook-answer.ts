import type { WebhookResponse } from '../../src/contract/adapter.ts';

/** An answer in JSON. */
export function jsonAnswer(status: number, body: object): WebhookResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

const REFUSED = { 400: 'bad request', 401: 'unauthorized', 415: 'unsupported media type' } as const;

/** The constant answer to what is not genuine: why it was refused is for our log only. */
export const refusalAnswer = (status: keyof typeof REFUSED): WebhookResponse =>
  jsonAnswer(status, { error: REFUSED[status] });
