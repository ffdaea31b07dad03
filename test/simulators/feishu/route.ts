import type { CallNotes } from './calls.ts';
import { fieldFault } from './fault.ts';
import { isObject, parseJson, type JsonObject } from './json.ts';

/** One API request after the gateway: path parameters decoded, a JSON body decoded to an object. */
export type ApiRequest = {
  readonly arrivedMs: number;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** Empty when the body is no JSON object. */
  readonly body: JsonObject;
  readonly raw: Buffer;
  readonly note: (notes: CallNotes) => void;
};

export type ApiAnswer =
  | { readonly json: JsonObject; readonly status?: number }
  | { readonly bytes: Uint8Array; readonly mime: string; readonly fileName?: string };

/** `scopes`: one of them must be granted; empty needs none. `open` routes need no token. */
export type Route = {
  readonly api: string;
  readonly method: string;
  readonly path: string;
  readonly open?: boolean;
  readonly scopes?: readonly string[];
  handle(request: ApiRequest): ApiAnswer;
};

export type RouteMatch = { readonly route: Route; readonly params: Readonly<Record<string, string>> };

export function success(data: JsonObject = {}): ApiAnswer {
  return { json: { code: 0, msg: 'success', data } };
}

export function createRouter(
  routes: readonly Route[],
): (method: string, path: string) => RouteMatch | undefined {
  const compiled = routes.map((route) => ({ route, segments: route.path.split('/') }));
  return (method, path) => {
    const segments = path.split('/');
    for (const candidate of compiled) {
      if (candidate.route.method !== method || candidate.segments.length !== segments.length) continue;
      const params = matchSegments(candidate.segments, segments);
      if (params !== undefined) return { route: candidate.route, params };
    }
    return undefined;
  };
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(segment);
    else if (part !== segment) return undefined;
  }
  return params;
}

/** A field that must be a string, with its length in characters. */
export function requiredString(body: JsonObject, field: string, maxLength: number, minLength = 1): string {
  const value = body[field];
  if (value === undefined || value === null) throw fieldFault(field, 'is required');
  if (typeof value !== 'string') throw fieldFault(field, 'must be a string');
  if (value.length < minLength || value.length > maxLength)
    throw fieldFault(field, `must have ${minLength} to ${maxLength} characters`);
  return value;
}

/** A field that holds JSON as a string, as `settings` or `element` do; an object in its place is refused. */
export function jsonString(body: JsonObject, field: string, maxLength: number, refuse: () => Error): unknown {
  const value = parseJson(requiredString(body, field, maxLength));
  if (value === undefined) throw refuse();
  return value;
}

export function jsonObjectString(
  body: JsonObject,
  field: string,
  maxLength: number,
  refuse: () => Error,
): JsonObject {
  const value = jsonString(body, field, maxLength, refuse);
  if (!isObject(value)) throw refuse();
  return value;
}
