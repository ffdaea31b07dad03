import type { HttpFault } from '../feishu/http-faults.ts';
import { banned } from './rate-limits.ts';

/** Answers the platform gives for reasons that lie outside the request. */
export type CannedAnswer =
  | 'qps'
  | 'monthly-quota'
  | 'permission'
  | 'unknown-error'
  | 'system-busy'
  | 'gateway-timeout'
  | 'invalid-token'
  | 'ban-json'
  | 'ban-html';

/**
 * What goes wrong with one call. `canned` and `refuse` answer in the platform's words; with `tookEffect` the call is
 * carried out all the same, as a gateway that gave up waiting may leave it. The rest are faults of the wire.
 */
export type DingTalkHttpFault =
  | Exclude<HttpFault, { kind: 'code' }>
  | { readonly kind: 'canned'; readonly name: CannedAnswer; readonly tookEffect?: boolean }
  | {
      readonly kind: 'refuse';
      readonly code: string;
      /** Default 400. */
      readonly status?: number;
      readonly message?: string;
      readonly tookEffect?: boolean;
    }
  | { readonly kind: 'errcode'; readonly errcode: number; readonly errmsg?: string };

/** An answer in place of the route's own; with `tookEffect` the route runs first. */
export type AnswerFault = Extract<HttpFault, { kind: 'answer' }> & { readonly tookEffect?: boolean };

export function toHttpFault(fault: DingTalkHttpFault): HttpFault {
  switch (fault.kind) {
    case 'canned':
      return { ...canned(fault.name), ...effect(fault.tookEffect) };
    case 'refuse':
      return {
        ...json(fault.status ?? 400, openApiError(fault.code, fault.message ?? 'injected fault')),
        ...effect(fault.tookEffect),
      };
    case 'errcode':
      return json(200, { errcode: fault.errcode, errmsg: fault.errmsg ?? 'injected fault' });
    case 'answer':
    case 'delay':
    case 'drop-before':
    case 'drop-after':
    case 'truncate':
    case 'content-type':
      return fault;
  }
}

/** Whether the route still has to run although its answer is replaced. */
export function tookEffect(fault: HttpFault): boolean {
  return 'tookEffect' in fault && fault.tookEffect === true;
}

function effect(taken: boolean | undefined): { readonly tookEffect?: boolean } {
  return taken === undefined ? {} : { tookEffect: taken };
}

function canned(name: CannedAnswer): AnswerFault {
  const denied = 'Forbidden.AccessDenied.';
  switch (name) {
    case 'qps':
      return json(403, openApiError(`${denied}QpsLimitForAppkeyAndApi`, '您的应用调用该接口的频率超过上限'));
    case 'monthly-quota':
      return json(403, openApiError(`${denied}ApiCountLimitForOrg`, '当前组织的接口调用量已超过上限'));
    case 'permission':
      return json(403, {
        ...openApiError(`${denied}AccessTokenPermissionDenied`, '应用尚未开通所需的权限'),
        accessdenieddetail: { requiredScopes: ['Card.Streaming.Write'] },
      });
    case 'unknown-error':
      return json(500, openApiError('unknownError', '未知错误'));
    case 'system-busy':
      return json(500, openApiError('system.busy', '系统繁忙'));
    case 'gateway-timeout':
      return text(504, 'text/html', '<html><body><h1>504 Gateway Time-out</h1></body></html>');
    case 'invalid-token':
      return json(401, openApiError('InvalidAuthentication', '不合法的access_token'));
    case 'ban-json':
    case 'ban-html': {
      const { status, mime, body } = banned(name === 'ban-json' ? 'json' : 'html');
      return text(status, mime, body);
    }
  }
}

function openApiError(code: string, message: string): Record<string, unknown> {
  return { code, message, requestid: 'FD9F7C4E-3A52-7B6E-9C1D-6A0B8E2F4D13' };
}

function json(status: number, body: Record<string, unknown>): AnswerFault {
  return text(status, 'application/json;charset=utf-8', JSON.stringify(body));
}

function text(status: number, mime: string, body: string): AnswerFault {
  return { kind: 'answer', status, body, headers: { 'content-type': mime } };
}
