import { isObject, parseJson, type JsonObject } from '../feishu/json.ts';
import type { HttpFault } from '../feishu/http-faults.ts';
import { DingTalkFault, ForeignAnswer } from './fault.ts';
import type { Platform } from './platform.ts';
import type { ApiAnswer } from './route.ts';

/** An answer as it goes over the wire, with the code the call log shows. */
export type Reply = {
  readonly status: number;
  readonly code: string;
  readonly body: Uint8Array;
  readonly headers: Record<string, string>;
};

export function answerReply(answer: ApiAnswer): Reply {
  if ('json' in answer) return jsonReply(200, 'ok', answer.json);
  return { status: 200, code: 'ok', body: answer.bytes, headers: { 'content-type': answer.mime } };
}

export function errorReply(error: unknown, platform: Platform): Reply {
  if (error instanceof ForeignAnswer) {
    const headers = { 'content-type': error.mime };
    return { status: error.status, code: error.code, body: Buffer.from(error.body), headers };
  }
  // Never seen unless the simulator itself is wrong; then it must be seen.
  if (!(error instanceof DingTalkFault)) {
    return jsonReply(500, 'simulator-defect', { code: 'simulator-defect', message: String(error) });
  }
  return jsonReply(error.status, error.code, errorBody(error, platform));
}

/** The answer that stands in for the route's own; undefined when the fault is none of the answer. */
export function faultReply(fault: HttpFault | undefined): Reply | undefined {
  if (fault?.kind !== 'answer') return undefined;
  const body = Buffer.from(fault.body ?? '');
  const decoded = parseJson(body.toString());
  const named = isObject(decoded) ? (decoded['code'] ?? decoded['errcode']) : undefined;
  const code = typeof named === 'string' || typeof named === 'number' ? String(named) : String(fault.status);
  const ok = fault.status === 200 && (named === undefined || named === 0);
  return {
    status: fault.status,
    code: ok ? 'ok' : code,
    body,
    headers: { 'content-type': 'text/html', ...fault.headers },
  };
}

function errorBody({ host, code, message, more }: DingTalkFault, platform: Platform): JsonObject {
  if (host === 'oapi') return { errcode: Number(code), errmsg: message, ...more };
  const requestId = platform.ids.requestId();
  if (platform.rules.errorMembers === 'lower-case') return { code, requestid: requestId, message, ...more };
  const { accessdenieddetail, ...rest } = more;
  const detail = accessdenieddetail === undefined ? {} : { AccessDeniedDetail: accessdenieddetail };
  return { Code: code, RequestId: requestId, Message: message, ...detail, ...rest };
}

function jsonReply(status: number, code: string, json: JsonObject): Reply {
  const body = Buffer.from(JSON.stringify(json));
  return { status, code, body, headers: { 'content-type': 'application/json;charset=utf-8' } };
}
