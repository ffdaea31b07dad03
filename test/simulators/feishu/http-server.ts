import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../../../src/contract/runtime.ts';
import type { ApiCall, CallNotes } from './calls.ts';
import { FeishuFault } from './fault.ts';
import type { FaultQueue, HttpFault } from './http-faults.ts';
import type { Ids } from './ids.ts';
import { isObject, parseJson } from './json.ts';
import type { RateLimits } from './rate-limits.ts';
import { createRouter, type ApiAnswer, type Route } from './route.ts';
import type { Tokens } from './tokens.ts';

export type HttpServerOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly routes: readonly Route[];
  readonly tokens: Tokens;
  readonly limits: RateLimits;
  readonly faults: FaultQueue;
  /** Throws when none of these scopes is granted. */
  readonly checkScopes: (scopes: readonly string[]) => void;
  readonly record: (call: ApiCall) => void;
  /** Ends injected delays when the simulator stops. */
  readonly signal: AbortSignal;
};

type Reply = {
  readonly status: number;
  readonly code: number;
  readonly body: Uint8Array;
  readonly headers: Record<string, string>;
};

const maxBodyBytes = 101 * 1024 * 1024;

/** The open platform's gateway: routing, tokens, scopes, frequency limits, injected faults, the call log. */
export function createApiServer(options: HttpServerOptions): Server {
  const match = createRouter(options.routes);
  return createServer((request, response) => {
    // A client that goes away in mid-request is no fault of the simulator's.
    request.on('error', () => undefined);
    serve(request, response, match, options).catch(() => response.destroy());
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  match: ReturnType<typeof createRouter>,
  options: HttpServerOptions,
): Promise<void> {
  const arrivedMs = options.clock.now().getTime();
  const url = new URL(request.url ?? '/', 'http://feishu.invalid');
  const found = match(request.method ?? 'GET', url.pathname);
  const raw = await readBody(request);
  if (found === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    return;
  }
  const { route, params } = found;
  const notes: CallNotes = {};
  const fault = options.faults.take(route.api);
  if (fault?.kind === 'delay') await options.clock.sleep(fault.milliseconds, options.signal);
  const answer = (): ApiAnswer => {
    admit(route, request, arrivedMs, options);
    const decoded = parseJson(raw.toString('utf8'));
    const body = isObject(decoded) ? decoded : {};
    const contentType = request.headers['content-type'] ?? '';
    const note = (more: CallNotes): unknown => Object.assign(notes, more);
    return route.handle({ arrivedMs, params, query: url.searchParams, contentType, body, raw, note });
  };
  const reply =
    fault?.kind === 'drop-before' ? undefined : (faultReply(fault) ?? ruledReply(answer, options.ids));
  const dropped = reply === undefined || fault?.kind === 'drop-after';
  options.record({
    api: route.api,
    route: `${route.method} ${route.path}`,
    arrivedMs,
    durationMs: options.clock.now().getTime() - arrivedMs,
    status: dropped ? 0 : reply.status,
    code: dropped ? -1 : reply.code,
    requestBytes: raw.length,
    responseBytes: dropped ? 0 : reply.body.length,
    ...(fault === undefined ? {} : { fault: fault.kind }),
    ...notes,
  });
  if (dropped) response.destroy();
  else write(response, reply, fault);
}

function admit(route: Route, request: IncomingMessage, arrivedMs: number, options: HttpServerOptions): void {
  if (route.open !== true) {
    options.tokens.check(request.headers.authorization, arrivedMs);
    options.checkScopes(route.scopes ?? []);
  }
  options.limits.api(route.api, arrivedMs);
}

function faultReply(fault: HttpFault | undefined): Reply | undefined {
  if (fault?.kind === 'answer') {
    const headers = { 'content-type': 'text/html', ...fault.headers };
    const body = Buffer.from(fault.body ?? '');
    const decoded = parseJson(body.toString());
    const code = isObject(decoded) && typeof decoded['code'] === 'number' ? decoded['code'] : fault.status;
    return { status: fault.status, code, body, headers };
  }
  if (fault?.kind === 'code') {
    return jsonReply(fault.status ?? 200, { code: fault.code, msg: fault.message ?? 'injected fault' });
  }
  return undefined;
}

function ruledReply(answer: () => ApiAnswer, ids: Ids): Reply {
  try {
    const given = answer();
    if ('json' in given) return jsonReply(given.status ?? 200, given.json);
    const headers = {
      'content-type': given.mime,
      ...(given.fileName === undefined
        ? {}
        : { 'content-disposition': `attachment; filename="${encodeURIComponent(given.fileName)}"` }),
    };
    return { status: 200, code: 0, body: given.bytes, headers };
  } catch (error) {
    // Never seen unless the simulator itself is wrong; then it must be seen.
    if (!(error instanceof FeishuFault))
      return jsonReply(500, { code: 1, msg: `simulator defect: ${String(error)}` });
    const logId = `20261120${ids.hex(24).toUpperCase()}`;
    const details = {
      log_id: logId,
      troubleshooter: `排查建议查看(Troubleshooting suggestions): https://open.feishu.cn/search?from=openapi&log_id=${logId}&code=${error.code}`,
    };
    const reply = jsonReply(error.status, { code: error.code, msg: error.message, error: details });
    return { ...reply, headers: { ...reply.headers, ...error.headers, 'x-tt-logid': logId } };
  }
}

function jsonReply(status: number, json: Record<string, unknown>): Reply {
  const code = typeof json['code'] === 'number' ? json['code'] : 0;
  const body = Buffer.from(JSON.stringify(json));
  return { status, code, body, headers: { 'content-type': 'application/json; charset=utf-8' } };
}

function write(response: ServerResponse, reply: Reply, fault: HttpFault | undefined): void {
  const type = fault?.kind === 'content-type' ? { 'content-type': fault.mime } : {};
  response.writeHead(reply.status, {
    ...reply.headers,
    ...type,
    'content-length': String(reply.body.length),
  });
  if (fault?.kind !== 'truncate') {
    response.end(reply.body);
    return;
  }
  response.write(reply.body.subarray(0, fault.bytes), () => response.destroy());
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new Error('request body above the cap of the simulator');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
