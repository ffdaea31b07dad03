import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isObject, parseJson } from '../feishu/json.ts';
import type { FaultQueue, HttpFault } from '../feishu/http-faults.ts';
import { createAdmission } from './admission.ts';
import type { ApiCall, CallNotes } from './calls.ts';
import { tookEffect } from './http-faults.ts';
import type { Platform } from './platform.ts';
import { answerReply, errorReply, faultReply, type Reply } from './replies.ts';
import { createRouter, type ApiAnswer, type Host, type Route, type Router } from './route.ts';

export type HttpServerOptions = {
  readonly platform: Platform;
  /** Which of the platform's hosts this server is. */
  readonly hosts: readonly Host[];
  readonly routes: readonly Route[];
  readonly scopes: readonly string[] | undefined;
  readonly faults: FaultQueue;
  readonly record: (call: ApiCall) => void;
  /** Ends injected delays when the simulator stops. */
  readonly signal: AbortSignal;
};

const maxBodyBytes = 25 * 1024 * 1024;

/** One or several of the platform's hosts: routing, admission, injected faults, the call log. */
export function createApiServer(options: HttpServerOptions): Server {
  const match = createRouter(options.routes);
  const admit = createAdmission(options.platform, options.scopes);
  return createServer((request, response) => {
    // A client that goes away in mid-request is no fault of the simulator's.
    request.on('error', () => undefined);
    serve(request, response, { match, admit, ...options }).catch(() => response.destroy());
  });
}

type Serving = HttpServerOptions & {
  readonly match: Router;
  readonly admit: ReturnType<typeof createAdmission>;
};

async function serve(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { platform, match, hosts, faults } = serving;
  const arrivedMs = platform.now();
  const url = new URL(request.url ?? '/', 'http://dingtalk.invalid');
  const route = match(hosts, request.method ?? 'GET', url.pathname);
  const raw = await readBody(request);
  if (route === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"code":"InvalidAction.NotFound","message":"Specified api is not found"}');
    return;
  }
  const notes: CallNotes = {};
  const fault = faults.take(route.api);
  if (fault?.kind === 'delay') await platform.clock.sleep(fault.milliseconds, serving.signal);
  const answer = (): ApiAnswer => {
    serving.admit(route, request, url.searchParams, arrivedMs);
    const decoded = parseJson(raw.toString('utf8'));
    return route.handle({
      arrivedMs,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: isObject(decoded) ? decoded : {},
      raw,
      note: (more) => Object.assign(notes, more),
    });
  };
  const reply = replyTo(answer, fault, platform);
  const dropped = reply === undefined || fault?.kind === 'drop-after';
  serving.record({
    api: route.api,
    route: `${route.method} ${route.path}`,
    arrivedMs,
    durationMs: platform.now() - arrivedMs,
    status: dropped ? 0 : reply.status,
    code: dropped ? 'dropped' : reply.code,
    requestBytes: raw.length,
    responseBytes: dropped ? 0 : reply.body.length,
    ...(fault === undefined ? {} : { fault: fault.kind }),
    ...notes,
  });
  if (dropped) response.destroy();
  else write(response, reply, fault);
}

function replyTo(
  answer: () => ApiAnswer,
  fault: HttpFault | undefined,
  platform: Platform,
): Reply | undefined {
  if (fault?.kind === 'drop-before') return undefined;
  const injected = faultReply(fault);
  if (injected !== undefined && fault !== undefined && !tookEffect(fault)) return injected;
  let own: Reply;
  try {
    own = answerReply(answer());
  } catch (error) {
    own = errorReply(error, platform);
  }
  return injected ?? own;
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
