import { oapiRefusal, refusal } from '../fault.ts';
import type { Platform } from '../platform.ts';
import type { Route } from '../route.ts';

/** Both token endpoints. Neither counts toward the month. */
export function tokenRoutes(platform: Platform): readonly Route[] {
  const { app, tokens } = platform;
  return [
    {
      api: 'oauth2.accessToken',
      host: 'api',
      method: 'POST',
      path: '/v1.0/oauth2/accessToken',
      token: 'none',
      metered: 'frequency',
      handle({ body, arrivedMs }) {
        if (body['appKey'] !== app.clientId || body['appSecret'] !== app.clientSecret) {
          throw refusal('invalidClientIdOrSecret', '无效的clientId或者clientSecret');
        }
        const { token, expireSeconds } = tokens.issue('api', arrivedMs);
        return { json: { accessToken: token, expireIn: expireSeconds } };
      },
    },
    {
      api: 'oapi.gettoken',
      host: 'oapi',
      method: 'GET',
      path: '/gettoken',
      token: 'none',
      metered: 'frequency',
      handle({ query, arrivedMs }) {
        if (query.get('appkey') !== app.clientId || query.get('appsecret') !== app.clientSecret) {
          throw oapiRefusal(40096, '不合法的appKey或appSecret');
        }
        const { token, expireSeconds } = tokens.issue('oapi', arrivedMs);
        return { json: { errcode: 0, access_token: token, errmsg: 'ok', expires_in: expireSeconds } };
      },
    },
  ];
}
