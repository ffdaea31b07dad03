import { showMessage } from '../bubbles.ts';
import type { ApiCall } from '../calls.ts';
import { cutText } from '../cut-text.ts';
import { postCallback, type CallbackAnswer, type CallbackTarget, type Delivery } from '../delivery.ts';
import { decryptCallback, signCallback } from '../encryption.ts';
import { WeComFault } from '../fault.ts';
import { appKeys, type Platform } from '../platform.ts';
import type { SimChat } from '../world-types.ts';
import { element, parent, textOf } from './xml.ts';

/** The sender of the self-built app's callbacks. */
export type AppCallback = {
  use(target: CallbackTarget | undefined): void;
  target(): CallbackTarget | undefined;
  /** Posts the XML until it is answered, and shows what the answer says. */
  deliver(chat: SimChat, xml: string, delivery: Delivery): Promise<Delivery>;
};

export function createAppCallback(platform: Platform): AppCallback {
  const { corp, rules } = platform;
  let target: CallbackTarget | undefined;
  return {
    use(next) {
      target = next;
    },
    target: () => target,
    async deliver(chat, xml, delivery) {
      if (target === undefined) {
        delivery.state = 'lost';
        return delivery;
      }
      const answer = await postCallback(xml, delivery, {
        target,
        keys: appKeys(corp),
        envelope: (encrypted) => ({
          body: parent(
            'xml',
            element('ToUserName', corp.corpId),
            element('AgentID', String(corp.agentId)),
            element('Encrypt', encrypted),
          ),
          mime: 'text/xml',
        }),
        retries: rules.limits.callbackRetries,
        platform,
      });
      if (answer !== undefined && answer.body !== '') showReply(chat, answer, delivery.messageId, platform);
      return delivery;
    },
  };
}

function showReply(chat: SimChat, answer: CallbackAnswer, answersId: string, platform: Platform): void {
  let verdict = { code: 0, message: 'ok' };
  try {
    const xml = openReply(answer.body, platform);
    const kind = textOf(xml, 'MsgType') ?? '';
    const user = [...chat.members][0] ?? '';
    if (textOf(xml, 'ToUserName') !== user) throw new WeComFault(-40002, 'ToUserName is another');
    const content = textOf(xml, 'Content') ?? '';
    const { text, cut } = cutText(content, platform.rules.limits.appTextBytes);
    if (kind !== '') showMessage(chat, { kind, text, cut, answersId }, platform);
  } catch (error) {
    if (!(error instanceof WeComFault)) throw error;
    verdict = { code: error.code, message: error.message };
  }
  const call: ApiCall = {
    channel: 'app-callback',
    api: 'reply.message',
    arrivedMs: platform.now(),
    durationMs: 0,
    ...verdict,
    requestBytes: Buffer.byteLength(answer.body),
    messageId: answersId,
    chatId: chat.chatId,
  };
  platform.calls.record(call);
  platform.changes.emit({ type: 'call-made', call });
}

function openReply(body: string, platform: Platform): string {
  const keys = appKeys(platform.corp);
  const [encrypted, signature, timestamp, nonce] = ['Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce'].map(
    (name) => textOf(body, name) ?? '',
  );
  if (encrypted === undefined || encrypted === '') throw new WeComFault(-40002, 'parse xml error');
  if (signature !== signCallback(keys.token, timestamp ?? '', nonce ?? '', encrypted))
    throw new WeComFault(-40001, 'invalid signature');
  return decryptCallback(encrypted, keys);
}
