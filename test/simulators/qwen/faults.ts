import { engineDeadMessage, gatewayPage } from './errors.ts';
import type { Fault } from './types.ts';

type HttpFault = Extract<Fault, { type: 'http' }>;

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HttpFault {
  return {
    type: 'http',
    status,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  };
}

function page(status: number, words: string): HttpFault {
  return { type: 'http', status, body: gatewayPage(status, words), headers: { 'content-type': 'text/html' } };
}

/** HTTP answers seen in the field, by what is wrong. */
export const httpFaults = {
  unauthorized: json(401, { error: 'Unauthorized' }),
  forbidden: json(403, { error: 'Forbidden', message: 'Invalid API key' }),
  forbiddenText: { type: 'http', status: 403, body: 'Forbidden', headers: { 'content-type': 'text/plain' } },
  modelMissing: json(404, {
    error: { message: 'The model `qwen` does not exist.', type: 'NotFoundError', param: 'model', code: 404 },
  }),
  modelMissingFlat: json(404, {
    object: 'error',
    message: 'The model `qwen` does not exist.',
    type: 'NotFoundError',
    param: null,
    code: 404,
  }),
  wrongPath: json(404, { detail: 'Not Found' }),
  bodyTooLarge: page(413, 'Request Entity Too Large'),
  tooMany: json(429, { error: { message: 'Too many requests', type: 'rate_limit', code: 429 } }),
  serverError: json(500, {
    error: { message: 'Internal server error', type: 'InternalServerError', code: 500 },
  }),
  serverErrorEmpty: { type: 'http', status: 500, body: '' },
  engineDead: json(500, {
    error: { message: engineDeadMessage, type: 'InternalServerError', param: null, code: 500 },
  }),
  noVision500: json(500, {
    error: {
      code: 500,
      message:
        'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
      type: 'server_error',
    },
  }),
  badGateway: page(502, 'Bad Gateway'),
  loading: json(503, { error: { message: 'Loading model', type: 'unavailable_error', code: 503 } }),
  queueFull: json(503, {
    object: 'error',
    message: 'The request queue is full.',
    type: 'SERVICE_UNAVAILABLE',
    code: 503,
  }),
  unavailable: page(503, 'Service Temporarily Unavailable'),
  gatewayTimeout: page(504, 'Gateway Time-out'),
  bareString: json(500, { error: 'Failed to connect to localhost port 8080: Connection timed out' }),
} as const satisfies Record<string, HttpFault>;

type StreamFaults = { readonly [Type in Exclude<Fault['type'], 'http'>]: Extract<Fault, { type: Type }> };

/** One of every other kind of fault, so that a test can go through all there are. */
export const streamFaults: StreamFaults = {
  'reset-before-headers': { type: 'reset-before-headers' },
  'stall-before-headers': { type: 'stall-before-headers' },
  'stall-before-first-token': { type: 'stall-before-first-token' },
  'html-stream': { type: 'html-stream' },
  'only-done': { type: 'only-done' },
  'error-event': { type: 'error-event', afterTokens: 4, done: true },
  'end-early': { type: 'end-early', afterTokens: 4 },
  reset: { type: 'reset', afterTokens: 4 },
  stall: { type: 'stall', afterTokens: 4 },
  noise: { type: 'noise', afterTokens: 4, line: 'data: {"choices":[null]}' },
  'huge-line': { type: 'huge-line', afterTokens: 4, bytes: 5_000_000 },
  endless: { type: 'endless', text: 'and again the same words ' },
  'engine-death': { type: 'engine-death', afterTokens: 4 },
};

type ErrorEvent = Extract<Fault, { type: 'error-event' }>;

/** An error within a 200 stream in each of the forms engines write it, also as the very first event. */
export const errorEvents: Readonly<
  Record<NonNullable<ErrorEvent['form']> | 'first' | 'queue-full', ErrorEvent>
> = {
  object: { type: 'error-event', afterTokens: 4, done: false, form: 'object' },
  string: { type: 'error-event', afterTokens: 4, done: false, form: 'string' },
  'error-line': { type: 'error-event', afterTokens: 4, done: false, form: 'error-line' },
  'empty-chunk': { type: 'error-event', afterTokens: 4, done: false, form: 'empty-chunk' },
  first: { type: 'error-event', afterTokens: 0, done: true },
  'queue-full': {
    type: 'error-event',
    afterTokens: 0,
    done: true,
    code: 503,
    message: 'The request queue is full.',
  },
};

/** 429 with `Retry-After` as seconds, or as an HTTP date. */
export function tooManyRequests(retryAfter: number | Date): HttpFault {
  const value = typeof retryAfter === 'number' ? String(retryAfter) : retryAfter.toUTCString();
  return { ...httpFaults.tooMany, headers: { ...httpFaults.tooMany.headers, 'retry-after': value } };
}
