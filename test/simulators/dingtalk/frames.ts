import type { JsonObject } from '../feishu/json.ts';
import type { Platform } from './platform.ts';

/** Topics of the platform that this simulator can push. */
export const robotTopic = '/v1.0/im/bot/messages/get';
export const cardTopic = '/v1.0/card/instances/callback';
export const everyEvent = '*';

/** One push before it has a frame: EVENT frames carry their event in further headers. */
export type PushFrame = {
  readonly type: 'EVENT' | 'CALLBACK';
  readonly topic: string;
  readonly data: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
};

export type FrameAddress = { readonly appId: string; readonly connectionId: string };

export function dataFrame(
  { type, topic, data, headers }: PushFrame,
  address: FrameAddress,
  platform: Platform,
  messageId: string,
): JsonObject {
  return {
    specVersion: '1.0',
    type,
    headers: { ...frameHeaders(topic, address, platform), messageId, ...headers },
    data: JSON.stringify(data),
  };
}

export function systemFrame(
  topic: string,
  address: FrameAddress,
  platform: Platform,
  data: JsonObject,
  messageId: string | undefined,
): JsonObject {
  return {
    ...(platform.rules.specVersionInSystemFrames ? { specVersion: '1.0' } : {}),
    type: 'SYSTEM',
    headers: {
      ...frameHeaders(topic, address, platform),
      ...(messageId === undefined ? {} : { messageId }),
    },
    data: JSON.stringify(data),
  };
}

function frameHeaders(topic: string, address: FrameAddress, platform: Platform): Record<string, string> {
  return { topic, contentType: 'application/json', time: String(platform.now()), ...address };
}
