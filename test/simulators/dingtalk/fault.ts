import type { JsonObject } from '../feishu/json.ts';

/**
 * A refusal in DingTalk's own words, thrown by rules and answered by the server: on the OpenAPI host HTTP status and
 * `{code, message, requestid}`, on the old host HTTP 200 and `{errcode, errmsg}`.
 */
export class DingTalkFault extends Error {
  override readonly name = 'DingTalkFault';
  readonly host: 'api' | 'oapi';
  readonly status: number;
  /** Text on the OpenAPI host, a decimal number on the old one. */
  readonly code: string;
  /** Members beside code and message. */
  readonly more: JsonObject;

  constructor(host: 'api' | 'oapi', status: number, code: string, message: string, more: JsonObject = {}) {
    super(message);
    this.host = host;
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/** A refusal of the OpenAPI host, HTTP 400 unless told otherwise. */
export function refusal(code: string, message: string, status = 400, more?: JsonObject): DingTalkFault {
  return new DingTalkFault('api', status, code, message, more);
}

/** A refusal of the old host: always HTTP 200. */
export function oapiRefusal(errcode: number, errmsg: string): DingTalkFault {
  return new DingTalkFault('oapi', 200, String(errcode), errmsg);
}

/** The answer seen live to a missing permission, a state the template lacks, or a card that was never made. */
export function unknownError(): DingTalkFault {
  return refusal('unknownError', '未知错误', 500);
}

/** Any answer that is not in the shape of an error of either host: XML, HTML, plain text. */
export class ForeignAnswer extends Error {
  override readonly name = 'ForeignAnswer';
  readonly status: number;
  readonly code: string;
  readonly mime: string;
  readonly body: string;

  constructor(status: number, code: string, mime: string, body: string) {
    super(code);
    this.status = status;
    this.code = code;
    this.mime = mime;
    this.body = body;
  }
}
