import { createHash, createCipheriv } from 'node:crypto';
import type { WebhookRequest } from '../../../src/contract/adapter.ts';
import type { InboundEvent, InboundMessage } from '../../../src/contract/inbound.ts';
import type { Decoded } from '../../../adapters/feishu/decode/decoded.ts';
import { decodeEvent } from '../../../adapters/feishu/decode/event.ts';
import type { VerifyKeys } from '../../../adapters/feishu/verify.ts';

export const botOpenId = 'ou_bot0000000000000000000000000000';
export const appId = 'cli_a1b2c3d4e5f60718';
export const receivedAt = new Date('2026-11-20T08:00:00Z');

export const mentionOfBot = {
  key: '@_user_1',
  id: { union_id: 'on_bot', user_id: null, open_id: botOpenId },
  mentioned_type: 'bot',
  name: '小桥',
  tenant_key: 'tk_1',
};

export function mentionOf(number: number, name: string): object {
  return {
    key: `@_user_${number}`,
    id: { union_id: `on_${number}`, user_id: '', open_id: `ou_${number}` },
    mentioned_type: 'user',
    name,
    tenant_key: 'tk_1',
  };
}

/** An event as both modes carry it, in the documented shape. */
export function envelope(eventType: string, event: object, header: object = {}): object {
  return {
    schema: '2.0',
    header: {
      event_id: '5e3702a84e847582be8db7fb73283c02',
      token: '',
      create_time: '1700000000000',
      event_type: eventType,
      tenant_key: 'tk_1',
      app_id: appId,
      ...header,
    },
    event,
  };
}

export function messageEvent(message: object, sender: object = {}): object {
  return envelope('im.message.receive_v1', {
    sender: {
      sender_id: { union_id: 'on_1', user_id: null, open_id: 'ou_asker' },
      sender_type: 'user',
      tenant_key: 'tk_1',
      ...sender,
    },
    message: {
      message_id: 'om_1',
      create_time: '1700000000123',
      update_time: '1700000000123',
      chat_id: 'oc_1',
      chat_type: 'group',
      message_type: 'text',
      content: '{"text":"hello"}',
      ...message,
    },
  });
}

export const decode = (raw: unknown): Decoded => decodeEvent(raw, { botOpenId, receivedAt });

export function decodedEvent(raw: unknown): InboundEvent {
  const decoded = decode(raw);
  if ('ignored' in decoded) throw new Error(`ignored: ${decoded.ignored}`);
  return decoded.event;
}

export function decodedMessage(message: object): InboundMessage {
  const event = decodedEvent(messageEvent(message));
  if (event.type !== 'message') throw new Error(`not a message but ${event.type}`);
  return event;
}

export const keys: VerifyKeys = {
  appId,
  encryptKey: 'kudryavka',
  verificationToken: 'v_token_0001',
  windowMs: 300_000,
};

export function encrypt(plain: string, encryptKey = keys.encryptKey): string {
  const iv = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(encryptKey).digest(), iv);
  return Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final()]).toString('base64');
}

export type Signing = { readonly timestamp?: string; readonly nonce?: string; readonly encryptKey?: string };

/** A request as Feishu posts it: signed over its raw bytes. */
export function signedRequest(body: string, signing: Signing = {}): WebhookRequest {
  const {
    timestamp = String(receivedAt.getTime() / 1000),
    nonce = 'abcd1234',
    encryptKey = keys.encryptKey,
  } = signing;
  const signature = createHash('sha256')
    .update(timestamp + nonce + encryptKey + body)
    .digest('hex');
  return {
    method: 'POST',
    query: new URLSearchParams(),
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-lark-request-timestamp': timestamp,
      'x-lark-request-nonce': nonce,
      'x-lark-signature': signature,
    },
    body: Buffer.from(body),
  };
}

/** An encrypted and signed event with the right token. */
export function webhookEvent(event: object, signing: Signing = {}): WebhookRequest {
  return signedRequest(JSON.stringify({ encrypt: encrypt(JSON.stringify(event)) }), signing);
}

/** The same event as webhooks carry it: with the verification token in its header. */
export function withToken(event: object, token: string = keys.verificationToken): object {
  const header = 'header' in event && typeof event.header === 'object' ? event.header : {};
  return { ...event, header: { ...header, token } };
}
