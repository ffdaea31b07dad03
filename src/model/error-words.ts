/** What an error body says, whichever of the envelopes in the field it came in. */
export type ErrorWords = {
  readonly message: string;
  readonly kind: string;
  readonly param: string;
  /** The HTTP status named inside the body; engines put it there for errors within a 200 stream. */
  readonly status: number | undefined;
};

/** Reads a response body of unknown kind: JSON in six shapes, HTML, text, or nothing. */
export function readErrorWords(body: string): ErrorWords {
  try {
    return errorWordsOf(JSON.parse(body)) ?? plainWords(body);
  } catch {
    return plainWords(body);
  }
}

/** Undefined when the value is no error: nested, flat, a bare string under `error`, or FastAPI's `detail`. */
export function errorWordsOf(value: unknown): ErrorWords | undefined {
  if (!isRecord(value)) return undefined;
  const { error, detail } = value;
  if (typeof error === 'string') {
    const message = typeof value['message'] === 'string' ? `${error}: ${value['message']}` : error;
    return { ...plainWords(message), status: statusOf(value['code']) };
  }
  if (isRecord(error)) return fieldsOf(error);
  if (value['object'] === 'error') return fieldsOf(value);
  if (typeof detail === 'string') return plainWords(detail);
  if (Array.isArray(detail)) return plainWords(detail.map(detailWords).join('; '));
  return undefined;
}

function fieldsOf(fields: Readonly<Record<string, unknown>>): ErrorWords {
  const text = (key: string): string => (typeof fields[key] === 'string' ? fields[key] : '');
  const code = fields['code'];
  const kind =
    typeof code === 'string' && statusOf(code) === undefined ? `${text('type')} ${code}` : text('type');
  return { message: text('message'), kind, param: text('param'), status: statusOf(code) };
}

/** FastAPI's list entries: where and what, without the offending value. */
function detailWords(entry: unknown): string {
  if (!isRecord(entry)) return '';
  const where = Array.isArray(entry['loc']) ? entry['loc'].join('.') : '';
  return `${where} ${typeof entry['msg'] === 'string' ? entry['msg'] : ''}`.trim();
}

function plainWords(message: string): ErrorWords {
  return { message, kind: '', param: '', status: undefined };
}

function statusOf(code: unknown): number | undefined {
  const status = typeof code === 'string' ? Number(code) : code;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
