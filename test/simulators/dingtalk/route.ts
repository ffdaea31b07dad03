import type { JsonObject } from '../feishu/json.ts';
import type { CallNotes } from './calls.ts';

/** The OpenAPI (`api.dingtalk.com`), the old API (`oapi.dingtalk.com`), the file store. */
export type Host = 'api' | 'oapi' | 'download';

/** One request after admission: a JSON body decoded to an object. */
export type ApiRequest = {
  readonly arrivedMs: number;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty when the body is no JSON object. */
  readonly body: JsonObject;
  readonly raw: Buffer;
  readonly note: (notes: CallNotes) => void;
};

export type ApiAnswer = { readonly json: JsonObject } | { readonly bytes: Uint8Array; readonly mime: string };

/**
 * `path` may end in `/*`. `token`: which credential it needs, if any. `metered`: `month` counts toward the month and the
 * frequency of its API, `frequency` only toward the latter.
 */
export type Route = {
  readonly api: string;
  readonly host: Host;
  readonly method: string;
  readonly path: string;
  readonly token: 'header' | 'query' | 'none';
  readonly metered: 'month' | 'frequency' | 'none';
  readonly scope?: string;
  handle(request: ApiRequest): ApiAnswer;
};

export type Router = (hosts: readonly Host[], method: string, path: string) => Route | undefined;

export function createRouter(routes: readonly Route[]): Router {
  const matches = (route: Route, path: string): boolean =>
    route.path.endsWith('/*') ? path.startsWith(route.path.slice(0, -1)) : route.path === path;
  return (hosts, method, path) =>
    routes.find((route) => hosts.includes(route.host) && route.method === method && matches(route, path));
}

/** A text member that is neither missing nor empty. */
export function textOf(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
