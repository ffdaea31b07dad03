import type { Profile } from './profiles.ts';

/** A refusal before any token: what the engine says, with the status it says it under. */
export type Refusal = {
  readonly status: number;
  readonly message: string;
  readonly kind: string;
  readonly param?: string;
};

/** The error object as this engine writes it, without an envelope. */
function errorFields(profile: Profile, { status, message, kind, param }: Refusal): Record<string, unknown> {
  switch (profile.errors) {
    case 'nested':
      return { message, type: kind, param: param ?? null, code: status };
    case 'nested-short':
      return { code: status, message, type: kind };
    case 'flat':
      return { object: 'error', message, type: kind, param: param ?? null, code: status };
  }
}

/** The JSON body of an error answer. */
export function errorBody(profile: Profile, refusal: Refusal): string {
  const fields = errorFields(profile, refusal);
  return JSON.stringify(profile.errors === 'flat' ? fields : { error: fields });
}

/** The `data:` payload of an error inside a stream: always enveloped, whatever the engine does elsewhere. */
export function errorEvent(profile: Profile, message: string, code: number): string {
  return JSON.stringify({
    error: errorFields(profile, { status: code, message, kind: 'InternalServerError' }),
  });
}

export const engineDeadMessage =
  'EngineCore encountered an issue. See stack trace (above) for the root cause.';

/** The page a gateway shows for itself. */
export function gatewayPage(status: number, words: string): string {
  return `<html>\r\n<head><title>${status} ${words}</title></head>\r\n<body>\r\n<center><h1>${status} ${words}</h1></center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n`;
}
