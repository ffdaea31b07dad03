/** A refusal in WeCom's own words: `errcode` and `errmsg`, on HTTP always with status 200. Thrown by rules. */
export class WeComFault extends Error {
  override readonly name = 'WeComFault';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** 40058: a missing, mistyped or forbidden field. */
export function invalidParameter(what: string): WeComFault {
  return new WeComFault(40058, `invalid Request Parameter, hint: ${what}`);
}

/** 846605: there is nothing (any more) that this req_id may be used for. */
export function invalidRequest(): WeComFault {
  return new WeComFault(846605, 'invalid req_id');
}
