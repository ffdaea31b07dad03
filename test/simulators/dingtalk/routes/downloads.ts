import { createHmac } from 'node:crypto';
import { ForeignAnswer, refusal } from '../fault.ts';
import type { Platform } from '../platform.ts';
import { textOf, type ApiRequest, type Route } from '../route.ts';

const accessKeyId = 'LTAI5tSimulatorDingTalk';

/** `messageFiles/download`, and the file store its signed addresses lead to. */
export function downloadRoutes(platform: Platform): readonly Route[] {
  const { app, ids, rules, world } = platform;
  const secret = ids.hex(32);
  const signature = (path: string, expires: string): string =>
    createHmac('sha1', secret).update(`GET\n\n\n${expires}\n${path}`).digest('base64');

  return [
    {
      api: 'robot.messageFiles.download',
      host: 'api',
      method: 'POST',
      path: '/v1.0/robot/messageFiles/download',
      token: 'header',
      metered: 'month',
      scope: 'qyapi_robot_sendmsg',
      handle({ body, arrivedMs }) {
        const robotCode = textOf(body, 'robotCode');
        if (robotCode === undefined) throw refusal('invalidParameter.robotCode.empty', 'robotCode 不能为空');
        if (robotCode !== app.robotCode)
          throw refusal('invalidParameter.robotCode.auth', 'robotCode 与 downloadCode 不匹配');
        const resource = world.resource(textOf(body, 'downloadCode') ?? '');
        if (resource === undefined || resource.expiresMs <= arrivedMs)
          throw refusal('invalidParameter.robotCode.downloadCode', 'downloadCode 错误或已过期');
        const path = `/download/${Buffer.from(resource.downloadCode).toString('base64url')}.file`;
        const expires = String(Math.floor((arrivedMs + rules.limits.downloadUrlMs) / 1000));
        const query = new URLSearchParams({
          Expires: expires,
          OSSAccessKeyId: accessKeyId,
          Signature: signature(path, expires),
        });
        return { json: { downloadUrl: `${platform.urls.download}${path}?${query.toString()}` } };
      },
    },
    {
      api: 'download',
      host: 'download',
      method: 'GET',
      path: '/download/*',
      token: 'none',
      metered: 'none',
      handle(request) {
        const { path, query, arrivedMs } = request;
        const expires = query.get('Expires') ?? '';
        if (!signedFor(request, signature(path, expires))) throw storeRefusal('SignatureDoesNotMatch');
        if (Number(expires) * 1000 <= arrivedMs) throw storeRefusal('AccessDenied');
        const code = Buffer.from(path.slice('/download/'.length, -'.file'.length), 'base64url').toString();
        const resource = world.resource(code);
        if (resource === undefined) throw storeRefusal('NoSuchKey');
        // The store knows no types: whatever it is, it is called a file.
        return { bytes: resource.bytes, mime: 'application/octet-stream' };
      },
    },
  ];
}

/** A content type or foreign credentials become part of what is signed, and the signature then fails. */
function signedFor({ headers, query }: ApiRequest, expected: string): boolean {
  const foreign = ['content-type', 'x-acs-dingtalk-access-token', 'authorization'];
  return query.get('Signature') === expected && foreign.every((name) => headers[name] === undefined);
}

function storeRefusal(code: 'SignatureDoesNotMatch' | 'AccessDenied' | 'NoSuchKey'): ForeignAnswer {
  const message = {
    SignatureDoesNotMatch: 'The request signature we calculated does not match the signature you provided.',
    AccessDenied: 'Request has expired.',
    NoSuchKey: 'The specified key does not exist.',
  }[code];
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return new ForeignAnswer(code === 'NoSuchKey' ? 404 : 403, code, 'application/xml', xml);
}
