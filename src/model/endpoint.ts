/** Where one server is: its OpenAI root ends in `/v1`, its own root (health, version) is one step above. */
export type Endpoint = {
  readonly host: string;
  readonly chatUrl: string;
  readonly modelsUrl: string;
  readonly healthUrl: string;
  /** The engine's own root, without a slash at its end: /version, /metrics and the like lie below it. */
  readonly rootUrl: string;
};

/**
 * Makes an endpoint of a configured base URL: with or without `/v1`, a trailing slash, or a whole path as it stands in a
 * curl command. `/v1/completions` leads to the chat as well: nothing else is asked.
 */
export function createEndpoint(baseUrl: string): Endpoint {
  const url = new URL(baseUrl);
  const path = url.pathname.replace(/\/+$/, '').replace(/\/((chat\/)?completions|models)$/, '');
  const apiPath = /\/v\d+$/.test(path) ? path : `${path}/v1`;
  const api = `${url.origin}${apiPath}`;
  const root = `${url.origin}${apiPath.replace(/\/v\d+$/, '')}`;
  return {
    host: url.host,
    chatUrl: `${api}/chat/completions`,
    modelsUrl: `${api}/models`,
    healthUrl: `${root}/health`,
    rootUrl: root,
  };
}
