import type { ConnectionHub } from '../connection-hub.ts';
import type { JsonObject } from '../json.ts';
import type { Platform } from '../platform.ts';
import type { ApiAnswer, Route } from '../route.ts';

/** `POST /callback/ws/endpoint`: where a long connection may be opened. Errors come with HTTP 200 and a code. */
export function wsEndpointRoutes(
  platform: Platform,
  hub: ConnectionHub,
  baseUrl: () => string,
): readonly Route[] {
  const { app, rules } = platform;
  const refuse = (code: number, msg: string): ApiAnswer => {
    const data: JsonObject = rules.endpointErrorHasData ? { data: {} } : {};
    return { json: { code, msg, ...data } };
  };
  return [
    {
      api: 'ws.endpoint',
      method: 'POST',
      path: '/callback/ws/endpoint',
      open: true,
      handle({ body }) {
        if (body['AppID'] !== app.appId || body['AppSecret'] !== app.appSecret)
          return refuse(514, 'auth failed');
        if (hub.connections().length >= rules.limits.connections) {
          return refuse(1000040350, 'exceed connection limit');
        }
        return {
          json: { code: 0, msg: '', data: { URL: hub.address(baseUrl()), ClientConfig: hub.config } },
        };
      },
    },
  ];
}
