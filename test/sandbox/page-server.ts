import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { ChangeStream } from './change-stream.ts';
import { Refusal, type Picture, type View } from './pane.ts';

export type PageServerOptions = {
  /** Undefined: 8080, or the next free one. */
  readonly port: number | undefined;
  readonly changes: ChangeStream;
  /** Everything the page asks for by POST `/do/<target>/<action>`. */
  readonly act: (target: string, action: string, given: unknown) => Promise<View>;
  /** `/pictures/<source>/<group>/<key>`. */
  readonly picture: (source: string, group: string, key: string) => Picture | undefined;
};

export type PageServer = { readonly url: string; stop(): Promise<void> };

const usualPort = 8080;
const portsTried = 50;
/** Twenty pictures of a few megabytes each, as base64. */
const maxBodyBytes = 64 * 1024 * 1024;

const pageFolder = fileURLToPath(new URL('page/', import.meta.url));
/** By address; nothing outside this folder can be named. */
const files: ReadonlyMap<string, string> = new Map(
  readdirSync(pageFolder, { recursive: true, encoding: 'utf8' }).map((path) => {
    const name = path.replaceAll('\\', '/');
    return [name === 'index.html' ? '/' : `/${name}`, name];
  }),
);
const types: Readonly<Record<string, string>> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
/** What a browser may draw; anything else that somebody sent as a picture is only bytes. */
const pictureTypes = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'image/bmp',
  'image/avif',
]);

// Nothing but this server's own files runs or loads, whatever people and models write into the chats.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const protection = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The page with its pictures, its stream of changes, and what visitors do. On 127.0.0.1 only. */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const server = createServer((request, response) => {
    serve(request, response, options).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      const known = error instanceof Refusal;
      answer(response, known ? 400 : 500, {
        error: error instanceof Error ? error.message : 'unknown error',
      });
    });
  });
  const port = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: PageServerOptions,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://demo.invalid');
  // Another page in the visitor's browser may not act here, nor read it through a name of its own.
  if (!isLocal(request.headers.host)) return answer(response, 403, { error: 'open the page as 127.0.0.1' });
  if (request.method === 'POST') {
    if (request.headers['content-type'] !== 'application/json')
      return answer(response, 415, { error: 'JSON only' });
    const [, start, target = '', action = ''] = url.pathname.split('/');
    if (start !== 'do') return answer(response, 404, { error: 'not found' });
    return answer(response, 200, await options.act(target, action, await readJson(request)));
  }
  if (request.method !== 'GET') return answer(response, 405, { error: 'GET or POST' });
  if (url.pathname === '/changes') return options.changes.open(response);
  if (url.pathname.startsWith('/pictures/')) return servePicture(url.pathname, response, options);
  const name = files.get(url.pathname);
  const type = types[name?.split('.').at(-1) ?? ''];
  if (name === undefined || type === undefined) return answer(response, 404, { error: 'not found' });
  response.writeHead(200, { ...protection, 'content-type': `${type}; charset=utf-8` });
  response.end(readFileSync(`${pageFolder}${name}`));
}

function servePicture(path: string, response: ServerResponse, options: PageServerOptions): void {
  const [source = '', group = '', key = ''] = path.split('/').slice(2).map(decodeURIComponent);
  const picture = options.picture(source, group, key);
  if (picture === undefined) return answer(response, 404, { error: 'not found' });
  const type = pictureTypes.has(picture.mime) ? picture.mime : 'application/octet-stream';
  response.writeHead(200, { ...protection, 'content-type': type, 'cache-control': 'private, max-age=3600' });
  response.end(picture.bytes);
}

function isLocal(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');
}

function answer(response: ServerResponse, status: number, body: View): void {
  response.writeHead(status, { ...protection, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > maxBodyBytes)
      throw new Refusal('图片太大了（一共不超过 45 MB）/ the pictures are too large (45 MB in all)');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal('not JSON');
  }
}

async function listen(server: Server, wanted: number | undefined): Promise<number> {
  const candidates =
    wanted === undefined ? Array.from({ length: portsTried }, (_, index) => usualPort + index) : [wanted];
  for (const port of candidates) {
    const error = await tryPort(server, port);
    if (error === undefined) {
      const address = server.address();
      if (address !== null && typeof address !== 'string') return address.port;
    } else if (!('code' in error && error.code === 'EADDRINUSE')) throw error;
  }
  throw new Error(
    wanted === undefined
      ? `Ports ${usualPort} to ${usualPort + portsTried - 1} are all taken: set DEMO_PORT to a free one.`
      : `Port ${wanted} is taken: set DEMO_PORT to a free one.`,
  );
}

function tryPort(server: Server, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve(error);
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      resolve(undefined);
    });
  });
}
