import { FeishuFault } from '../fault.ts';
import type { Platform } from '../platform.ts';
import type { Route } from '../route.ts';

/** Tenant access token and the bot's own identity: both answer flat, without `data`. */
export function authRoutes({ app, rules, tokens }: Platform): readonly Route[] {
  return [
    {
      api: 'auth.tenantAccessToken.internal',
      method: 'POST',
      path: '/open-apis/auth/v3/tenant_access_token/internal',
      open: true,
      handle({ body, arrivedMs }) {
        if (body['app_id'] !== app.appId)
          throw new FeishuFault(10003, 'invalid param', rules.tokenErrorStatus);
        if (body['app_secret'] !== app.appSecret)
          throw new FeishuFault(10014, 'app secret invalid', rules.tokenErrorStatus);
        const { token, expireSeconds } = tokens.issue(arrivedMs);
        return { json: { code: 0, msg: 'ok', tenant_access_token: token, expire: expireSeconds } };
      },
    },
    {
      api: 'bot.info',
      method: 'GET',
      path: '/open-apis/bot/v3/info',
      handle: () => ({
        json: {
          code: 0,
          msg: 'ok',
          bot: {
            activate_status: 2,
            app_name: app.botName,
            avatar_url: '',
            ip_white_list: [],
            open_id: app.botOpenId,
          },
        },
      }),
    },
  ];
}
