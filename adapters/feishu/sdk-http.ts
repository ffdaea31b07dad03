import type { HttpInstance, HttpRequestOptions } from '@larksuiteoapi/node-sdk';
import type { HttpAnswer, HttpCall, HttpClient, HttpMethod } from '../shared/http.ts';
import { parseJson } from '../shared/json.ts';

/** The whole answer: the SDK hands through whatever its `httpInstance` resolves with. `body` is decoded JSON. */
export type Exchange = HttpAnswer<unknown>;
export type Download = HttpAnswer<AsyncIterable<Uint8Array>>;

type Options = HttpRequestOptions<unknown>;

/**
 * The SDK's `Client` on our own HTTP, so that no call is made through axios (which has no timeout, follows redirects
 * and throws errors that hold the request's secrets). Resolves with an `Exchange`, or a `Download` for
 * `responseType: 'stream'`, whatever the status; rejects with `HttpFailure` only.
 */
export function createClientHttp(http: HttpClient): HttpInstance {
  return toHttpInstance(async (options) => {
    const call = toCall(options);
    if (options.responseType === 'stream') return http.open(call);
    const answer = await http.exchange(call);
    return { ...answer, body: parseJson(answer.body) };
  });
}

/** One function behind the eight methods that the SDK's interface has. */
export function toHttpInstance(send: (options: Options) => Promise<unknown>): HttpInstance {
  // The interface lets the caller name any result type; what arrives is decoded where it is used.
  const run = <Result>(options: Options): Promise<Result> => send(options) as Promise<Result>;
  const bodiless = (method: HttpMethod | 'HEAD' | 'OPTIONS') => {
    return <Result>(url: string, options?: Options): Promise<Result> => run({ ...options, url, method });
  };
  const withBody = (method: HttpMethod) => {
    return <Result>(url: string, data?: unknown, options?: Options): Promise<Result> =>
      run({ ...options, url, data, method });
  };
  return {
    request: run,
    get: bodiless('GET'),
    delete: bodiless('DELETE'),
    head: bodiless('HEAD'),
    options: bodiless('OPTIONS'),
    post: withBody('POST'),
    put: withBody('PUT'),
    patch: withBody('PATCH'),
  };
}

/** `signal` rides along: `Client.request` passes on fields it does not know, though its types do not name them here. */
export function toCall(options: Options): HttpCall {
  const url = new URL(options.url ?? '');
  for (const [name, value] of Object.entries(options.params ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const signal: unknown = Reflect.get(options, 'signal');
  const method = toMethod(options.method);
  const body = options.data === undefined ? undefined : JSON.stringify(options.data);
  return {
    method,
    url: url.href,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json; charset=utf-8' },
    ...(body === undefined ? {} : { body }),
    signal: signal instanceof AbortSignal ? signal : new AbortController().signal,
  };
}

const METHODS: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function toMethod(method: string | undefined): HttpMethod {
  return METHODS.find((known) => known === method?.toUpperCase()) ?? 'GET';
}
