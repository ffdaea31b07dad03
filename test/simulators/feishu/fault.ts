/** A refusal in Feishu's own words: HTTP status, business code, message and extra headers. Thrown by rules, answered by the server. */
export class FeishuFault extends Error {
  override readonly name = 'FeishuFault';
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: number, message: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Field validation of the gateway: a missing or mistyped field. */
export function fieldFault(field: string, reason: string): FeishuFault {
  return new FeishuFault(99992402, `field validation failed: ${field} ${reason}`);
}
