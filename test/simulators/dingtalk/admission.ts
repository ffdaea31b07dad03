import type { IncomingMessage } from 'node:http';
import { oapiRefusal, refusal, unknownError, type DingTalkFault } from './fault.ts';
import type { Platform } from './platform.ts';
import type { Route } from './route.ts';

export type Admission = (
  route: Route,
  request: IncomingMessage,
  query: URLSearchParams,
  arrivedMs: number,
) => void;

/** What stands before every API: banned addresses, access token, frequency and quota, permission. Throws the refusal. */
export function createAdmission(platform: Platform, scopes: readonly string[] | undefined): Admission {
  const { limits, rules, tokens } = platform;
  return (route, request, query, arrivedMs) => {
    if (route.host !== 'download') limits.address(arrivedMs);
    const token = presentedToken(route, request, query);
    const domain = route.host === 'oapi' ? 'oapi' : 'api';
    if (token !== undefined && !tokens.valid(token, domain, arrivedMs)) throw invalidToken(route, platform);
    if (route.metered !== 'none') limits.api(route.api, route.host, route.metered === 'month', arrivedMs);
    if (route.scope === undefined || scopes === undefined || scopes.includes(route.scope)) return;
    throw rules.missingPermission === 'unknown-error' ? unknownError() : permissionDenied(route.scope);
  };
}

/** Undefined when the route needs none; empty when it is missing. */
function presentedToken(route: Route, request: IncomingMessage, query: URLSearchParams): string | undefined {
  if (route.token === 'none') return undefined;
  if (route.token === 'query') return query.get('access_token') ?? '';
  const header = request.headers['x-acs-dingtalk-access-token'];
  return typeof header === 'string' ? header : '';
}

function invalidToken(route: Route, platform: Platform): DingTalkFault {
  return route.host === 'oapi'
    ? oapiRefusal(40014, '不合法的access_token')
    : refusal('InvalidAuthentication', '不合法的access_token', platform.rules.invalidTokenStatus);
}

function permissionDenied(scope: string): DingTalkFault {
  return refusal(
    'Forbidden.AccessDenied.AccessTokenPermissionDenied',
    `应用尚未开通所需的权限：[${scope}]，点击链接申请并开通即可：https://open-dev.dingtalk.com/appscope/apply?content=${scope}`,
    403,
    { accessdenieddetail: { requiredScopes: [scope] } },
  );
}
