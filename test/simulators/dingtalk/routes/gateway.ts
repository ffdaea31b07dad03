import { isObject, stringOf } from '../../feishu/json.ts';
import type { Registration } from '../connection.ts';
import type { ConnectionHub } from '../connection-hub.ts';
import { ForeignAnswer, refusal } from '../fault.ts';
import type { Platform } from '../platform.ts';
import type { ApiAnswer, ApiRequest, Route } from '../route.ts';

/** `connections/open`: a ticket for one WebSocket connection, as XML to whoever does not ask for JSON. */
export function gatewayRoutes(platform: Platform, hub: ConnectionHub): readonly Route[] {
  const { app, rules } = platform;

  function refuse(status: number, code: string, message: string): Error {
    if (rules.gatewayErrorBody === 'json') return refusal(code, message, status);
    const body = rules.gatewayErrorBody === 'text' ? message : '';
    return new ForeignAnswer(status, code, 'text/plain;charset=utf-8', body);
  }

  function check({ body }: ApiRequest): void {
    const { published, streamMode, addressAllowed } = platform.console;
    if (!addressAllowed) throw refuse(400, 'ipNotInWhiteList', '访问ip不在白名单之中');
    if (body['clientId'] !== app.clientId || body['clientSecret'] !== app.clientSecret) {
      throw refuse(rules.gatewayCredentialStatus, 'authFailed', '鉴权失败');
    }
    if (!published) throw refuse(400, 'appNotPublished', '应用未发布');
    if (!streamMode) throw refuse(400, 'robotNotStreamMode', '机器人未开启Stream模式');
  }

  return [
    {
      api: 'gateway.open',
      host: 'api',
      method: 'POST',
      path: '/v1.0/gateway/connections/open',
      token: 'none',
      metered: 'frequency',
      handle(request) {
        check(request);
        const registration = decodeRegistration(request);
        if (registration === undefined) throw refuse(400, 'param.subscriptions', 'subscriptions is invalid');
        return inFormat(hub.register(registration), request);
      },
    },
  ];
}

function decodeRegistration({ body }: ApiRequest): Registration | undefined {
  const listed: unknown = body['subscriptions'];
  if (!Array.isArray(listed) || listed.length === 0) return undefined;
  const subscriptions = listed.filter(isObject).map(({ type, topic }) => ({
    type: stringOf(type) ?? '',
    topic: stringOf(topic) ?? '',
  }));
  const known = subscriptions.every(
    ({ type, topic }) => ['EVENT', 'CALLBACK', 'SYSTEM'].includes(type) && topic !== '',
  );
  // Concrete events are chosen in the console, never here.
  const allEvents = subscriptions.every(({ type, topic }) => type !== 'EVENT' || topic === '*');
  if (!known || !allEvents || subscriptions.length !== listed.length) return undefined;
  return { subscriptions, ua: stringOf(body['ua']), localIp: stringOf(body['localIp']) };
}

function inFormat(
  { endpoint, ticket }: { readonly endpoint: string; readonly ticket: string },
  { headers }: ApiRequest,
): ApiAnswer {
  if (headers['accept']?.includes('application/json') === true) return { json: { endpoint, ticket } };
  const xml = `<?xml version='1.0' encoding='UTF-8'?><OpenConnectionResponse><endpoint>${endpoint}</endpoint><ticket>${ticket}</ticket></OpenConnectionResponse>`;
  return { bytes: Buffer.from(xml), mime: 'application/xml;charset=utf-8' };
}
