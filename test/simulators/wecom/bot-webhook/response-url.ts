import { rememberIn } from '../bounded-map.ts';
import { showCard, showMessage } from '../bubbles.ts';
import type { Callback } from '../callback.ts';
import { invalidParameter, WeComFault } from '../fault.ts';
import type { HttpAnswer, HttpRequest } from '../http-service.ts';
import type { Platform } from '../platform.ts';
import { cardReply, markdownReply } from '../reply-content.ts';

/** The addresses under which a callback may be answered once more, within an hour. */
export type ResponseUrls = {
  issue(callback: Callback): string;
  serve(request: HttpRequest): HttpAnswer;
};

const rememberedCodes = 20_000;

export function createResponseUrls(platform: Platform): ResponseUrls {
  const { ids, rules } = platform;
  const codes = new Map<string, { readonly callback: Callback; used: boolean }>();
  return {
    issue(callback) {
      const code = ids.word(43);
      rememberIn(codes, code, { callback, used: false }, rememberedCodes);
      return `${platform.url()}/cgi-bin/aibot/response?response_code=${code}`;
    },
    serve({ query, body, arrivedMs, note }) {
      const issued = codes.get(query.get('response_code') ?? '');
      if (issued === undefined || arrivedMs - issued.callback.atMs >= rules.limits.responseUrlMs)
        throw new WeComFault(40058, 'invalid response_code');
      const { chat, messageId } = issued.callback;
      note({ chatId: chat.chatId });
      if (issued.used && rules.secondResponse === 'refuse')
        throw new WeComFault(40058, 'invalid response_code');
      const ok = { json: { errcode: 0, errmsg: 'ok' } };
      // In a group the reply quotes the question.
      const quotedId = chat.kind === 'group' ? messageId : undefined;
      if (body['msgtype'] === 'markdown') {
        const { content, feedbackId } = markdownReply(body, platform);
        note({ contentBytes: Buffer.byteLength(content) });
        if (issued.used) note({ unseen: 'used' });
        else
          showMessage(
            chat,
            { kind: 'markdown', text: content, feedbackId, quotedId, answersId: messageId },
            platform,
          );
      } else if (body['msgtype'] === 'template_card') {
        if (chat.kind === 'group') throw invalidParameter('template_card is for single chats only');
        const card = cardReply(body);
        if (issued.used) note({ unseen: 'used' });
        else showCard(chat, card, messageId, platform);
      } else throw new WeComFault(40008, 'invalid message type');
      issued.used = true;
      return ok;
    },
  };
}
