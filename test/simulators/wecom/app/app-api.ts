import { parseMultipart } from '../../feishu/multipart.ts';
import { invalidParameter, WeComFault } from '../fault.ts';
import type { HttpAnswer, HttpRequest, HttpRoute } from '../http-service.ts';
import { maxMediaBytes, minMediaBytes } from '../media-limits.ts';
import type { Platform } from '../platform.ts';
import { isPicture } from '../reply-content.ts';
import { createAppMessages } from './app-messages.ts';
import { createTokens, type Tokens } from './tokens.ts';

/** The self-built app's HTTP API. */
export type AppApi = {
  readonly routes: Readonly<Record<string, HttpRoute>>;
  readonly tokens: Tokens;
  readonly messages: ReturnType<typeof createAppMessages>;
  /** Whether this machine's address is among the app's trusted ones. */
  trustAddress(trusted: boolean): void;
};

export function createAppApi(platform: Platform): AppApi {
  const tokens = createTokens(platform);
  const messages = createAppMessages(platform);
  let trusted = true;

  const guarded = (api: string, handle: (request: HttpRequest) => HttpAnswer): HttpRoute => ({
    api,
    handle(request) {
      tokens.check(request.query.get('access_token'));
      if (!trusted) throw untrusted(request.remoteAddress);
      platform.quotas.api(api, request.arrivedMs);
      return handle(request);
    },
  });

  const routes = {
    'GET /cgi-bin/gettoken': { api: 'gettoken', handle: ({ query }: HttpRequest) => tokens.issue(query) },
    'POST /cgi-bin/message/send': guarded('message.send', (request) => messages.send(request)),
    'POST /cgi-bin/message/recall': guarded('message.recall', (request) => messages.recall(request)),
    'POST /cgi-bin/message/update_template_card': guarded('message.update_template_card', (request) =>
      messages.updateCard(request),
    ),
    'GET /cgi-bin/media/get': guarded('media.get', ({ query }) => download(query, platform)),
    'POST /cgi-bin/media/upload': guarded('media.upload', (request) => upload(request, platform)),
    'GET /cgi-bin/agent/get': guarded('agent.get', ({ query }) => describeAgent(query, platform)),
  };
  return {
    routes,
    tokens,
    messages,
    trustAddress(value) {
      trusted = value;
    },
  };
}

function untrusted(address: string): WeComFault {
  const ip = address.replace(/^::ffff:/, '');
  return new WeComFault(
    60020,
    `not allow to access from your ip, hint: [1767225600123456789], from ip: ${ip}, more info at https://open.work.weixin.qq.com/devtool/query?e=60020`,
  );
}

function download(query: URLSearchParams, { world, rules, now }: Platform): HttpAnswer {
  const found = world.media(query.get('media_id') ?? '', now(), rules.limits.mediaMs);
  if (found === undefined) throw new WeComFault(40007, 'invalid media_id');
  const { bytes, type, fileName } = found;
  const mime = type === 'image' ? 'image/jpeg' : 'application/octet-stream';
  return { bytes, mime, fileName: fileName === '' ? `${type}.bin` : fileName };
}

function upload({ query, raw, contentType }: HttpRequest, { world, now }: Platform): HttpAnswer {
  const type = query.get('type') ?? '';
  const cap = maxMediaBytes.get(type);
  if (cap === undefined) throw new WeComFault(40004, 'invalid media type');
  const part = parseMultipart(raw, contentType)?.get('media');
  if (part === undefined) throw new WeComFault(41005, 'missing media data');
  if (part.length < minMediaBytes || part.length > cap) throw new WeComFault(40006, 'invalid media size');
  if (type === 'image' && !isPicture(part)) throw new WeComFault(40005, 'invalid file type');
  // The name is in the header of the part, which ends where the bytes begin.
  const header = raw.subarray(0, raw.indexOf(part)).toString('utf8');
  const fileName = /name="media";\s*filename="([^"]*)"/i.exec(header)?.[1];
  if (fileName === undefined) throw invalidParameter('filename is required');
  const media_id = world.addMedia({ type, bytes: Buffer.from(part), fileName }, now());
  return { json: { errcode: 0, errmsg: 'ok', type, media_id, created_at: String(Math.floor(now() / 1000)) } };
}

function describeAgent(query: URLSearchParams, { corp }: Platform): HttpAnswer {
  if (Number(query.get('agentid')) !== corp.agentId) throw new WeComFault(40056, 'invalid agentid');
  return { json: { errcode: 0, errmsg: 'ok', agentid: corp.agentId, name: corp.agentName, close: 0 } };
}
