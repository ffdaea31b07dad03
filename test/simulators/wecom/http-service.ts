import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpFault } from '../feishu/http-faults.ts';
import { isObject, parseJson, stringOf, type JsonObject } from '../feishu/json.ts';
import type { ApiCall, CallNotes } from './calls.ts';
import { WeComFault } from './fault.ts';
import type { FaultQueue } from './fault-queue.ts';
import type { Platform } from './platform.ts';

export type HttpRequest = {
  readonly arrivedMs: number;
  /** Path and query as they were sent. */
  readonly rawUrl: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** Empty when the body is no JSON object. */
  readonly body: JsonObject;
  readonly raw: Buffer;
  readonly remoteAddress: string;
  readonly note: (notes: CallNotes) => void;
};

export type HttpAnswer =
  | { readonly json: JsonObject }
  | {
      readonly bytes: Uint8Array;
      readonly mime: string;
      readonly status?: number;
      readonly code?: number;
      readonly message?: string;
      readonly fileName?: string;
    };

export type HttpRoute = { readonly api: string; handle(request: HttpRequest): HttpAnswer };

export type HttpServiceOptions = {
  readonly channel: ApiCall['channel'];
  readonly platform: Platform;
  readonly faults: FaultQueue<HttpFault>;
  /** The route for a method and a path; undefined is a 404. */
  readonly route: (method: string, path: string) => HttpRoute | undefined;
};

type Reply = {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly body: Uint8Array;
  readonly headers: Record<string, string>;
};

const maxBodyBytes = 101 * 1024 * 1024;

/** One HTTP server: routing, injected faults, errors in the platform's words, the call log. */
export function createHttpService(options: HttpServiceOptions): Server {
  return createServer((request, response) => {
    // A client that goes away in mid-request is no fault of the simulator's.
    request.on('error', () => undefined);
    serve(request, response, options).catch(() => response.destroy());
  });
}

/** Listens on 127.0.0.1 and gives back `http://127.0.0.1:port`. */
export async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator has no port');
  return `http://127.0.0.1:${address.port}`;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { channel, platform, faults, route }: HttpServiceOptions,
): Promise<void> {
  const arrivedMs = platform.now();
  const rawUrl = request.url ?? '/';
  const url = new URL(rawUrl, 'http://wecom.invalid');
  const found = route(request.method ?? 'GET', url.pathname);
  const raw = await readBody(request);
  if (found === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    return;
  }
  const notes: CallNotes = {};
  const fault = faults.take(found.api);
  if (fault?.kind === 'delay') await platform.clock.sleep(fault.milliseconds, platform.stopped);
  const decoded = parseJson(raw.toString('utf8'));
  const handle = (): HttpAnswer =>
    found.handle({
      arrivedMs,
      rawUrl,
      query: url.searchParams,
      contentType: request.headers['content-type'] ?? '',
      body: isObject(decoded) ? decoded : {},
      raw,
      remoteAddress: request.socket.remoteAddress ?? '127.0.0.1',
      note: (more) => Object.assign(notes, more),
    });
  const reply = fault?.kind === 'drop-before' ? undefined : (faultReply(fault) ?? ruledReply(handle));
  const dropped = reply === undefined || fault?.kind === 'drop-after';
  const call: ApiCall = {
    channel,
    api: found.api,
    arrivedMs,
    durationMs: platform.now() - arrivedMs,
    code: dropped ? -1 : reply.code,
    message: dropped ? 'connection dropped' : reply.message,
    requestBytes: raw.length,
    ...(fault === undefined ? {} : { fault: fault.kind }),
    ...notes,
  };
  platform.calls.record(call);
  platform.changes.emit({ type: 'call-made', call });
  if (dropped) response.destroy();
  else write(response, reply, fault);
}

function faultReply(fault: HttpFault | undefined): Reply | undefined {
  if (fault?.kind === 'answer') {
    const body = Buffer.from(fault.body ?? '');
    const headers = { 'content-type': 'text/html', ...fault.headers };
    return { status: fault.status, code: fault.status, message: 'injected fault', body, headers };
  }
  if (fault?.kind !== 'code') return undefined;
  const refusal = { errcode: fault.code, errmsg: fault.message ?? 'injected fault' };
  return { ...jsonReply(refusal), status: fault.status ?? 200 };
}

function ruledReply(handle: () => HttpAnswer): Reply {
  try {
    const answer = handle();
    if ('json' in answer) return jsonReply(answer.json);
    const { status = 200, code = 0, message = '', bytes, mime, fileName } = answer;
    const headers = { 'content-type': mime, ...(fileName === undefined ? {} : disposition(fileName)) };
    return { status, code, message, body: bytes, headers };
  } catch (error) {
    if (error instanceof WeComFault) return jsonReply({ errcode: error.code, errmsg: error.message });
    // Never seen unless the simulator itself is wrong; then it must be seen.
    return { ...jsonReply({ errcode: -2, errmsg: `simulator defect: ${String(error)}` }), status: 500 };
  }
}

function disposition(fileName: string): Record<string, string> {
  const encoded = encodeURIComponent(fileName);
  return { 'content-disposition': `attachment; filename="${encoded}"; filename*=UTF-8''${encoded}` };
}

function jsonReply(json: JsonObject): Reply {
  const body = Buffer.from(JSON.stringify(json));
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  return {
    status: 200,
    code: Number(json['errcode'] ?? 0),
    message: stringOf(json['errmsg']) ?? '',
    body,
    headers,
  };
}

function write(response: ServerResponse, reply: Reply, fault: HttpFault | undefined): void {
  const mime = fault?.kind === 'content-type' ? { 'content-type': fault.mime } : {};
  response.writeHead(reply.status, {
    ...reply.headers,
    ...mime,
    'content-length': String(reply.body.length),
  });
  if (fault?.kind !== 'truncate') response.end(reply.body);
  else response.write(reply.body.subarray(0, fault.bytes), () => response.destroy());
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
