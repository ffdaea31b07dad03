import { FeishuFault } from '../fault.ts';
import type { Platform } from '../platform.ts';
import type { Route } from '../route.ts';
import type { SimMessage } from '../world-types.ts';

const undownloadable = new Set(['sticker', 'merge_forward', 'interactive', 'folder']);

/** What people sent: by message, key and type. Files of another message, of cards and of bundles are refused. */
export function resourceRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'im.messageResource.get',
      method: 'GET',
      path: '/open-apis/im/v1/messages/:message_id/resources/:file_key',
      scopes: ['im:message', 'im:message:readonly', 'im:message.history:readonly'],
      handle({ params, query, note }) {
        const type = query.get('type');
        if (type !== 'image' && type !== 'file') throw new FeishuFault(234001, 'Invalid request param.');
        const message = platform.world.message(params['message_id'] ?? '');
        if (message === undefined) throw new FeishuFault(234003, 'File not in msg.');
        note({ messageId: message.messageId, chatId: message.chatId });
        checkReadable(message, platform);
        const resource = message.resources.get(params['file_key'] ?? '');
        if (resource === undefined || resource.type !== type)
          throw new FeishuFault(234003, 'File not in msg.');
        if (resource.bytes.length > platform.rules.limits.resourceBytes) {
          throw new FeishuFault(234037, 'Downloaded file size exceeds limit.');
        }
        return { bytes: resource.bytes, mime: resource.mime, fileName: resource.key };
      },
    },
  ];
}

function checkReadable(message: SimMessage, platform: Platform): void {
  if (message.state !== 'sent')
    throw new FeishuFault(230110, 'Action unavailable as the message has been deleted.');
  if (platform.world.chat(message.chatId)?.botPresent !== true)
    throw new FeishuFault(234004, 'App not in chat.');
  if (undownloadable.has(message.messageType) || message.upperMessageId !== undefined) {
    throw new FeishuFault(234043, 'Unsupported message type.');
  }
}
