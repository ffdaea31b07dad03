import { isObject, parseJson, type JsonObject } from '../feishu/json.ts';
import { refusal } from './fault.ts';
import { isSafe, type Platform } from './platform.ts';
import { textOf } from './route.ts';

/** A message of the robot APIs after its checks. */
export type OutgoingMessage = {
  readonly msgtype: string;
  readonly text: string;
  readonly title: string | undefined;
  readonly content: JsonObject;
};

/** Required parameters by `msgKey`; the action cards have more, which is not checked. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  sampleText: ['content'],
  sampleMarkdown: ['title', 'text'],
  sampleImageMsg: ['photoURL'],
  sampleLink: ['title', 'text', 'messageUrl'],
  sampleActionCard: ['title', 'text'],
  sampleActionCard2: ['title', 'text'],
  sampleActionCard3: ['title', 'text'],
  sampleActionCard4: ['title', 'text'],
  sampleActionCard5: ['title', 'text'],
  sampleActionCard6: ['title', 'text'],
  sampleAudio: ['mediaId', 'duration'],
  sampleFile: ['mediaId', 'fileName', 'fileType'],
  sampleVideo: ['videoMediaId', 'duration'],
};

const msgtypes: Readonly<Record<string, string>> = {
  sampleText: 'text',
  sampleMarkdown: 'markdown',
  sampleImageMsg: 'picture',
};

/** Decodes `msgKey` and `msgParam`, or throws the documented refusal. */
export function outgoingMessage(body: JsonObject, maxBytes: number, platform: Platform): OutgoingMessage {
  const msgKey = textOf(body, 'msgKey') ?? '';
  const required = parameters[msgKey];
  if (required === undefined) throw refusal('invalidParameter.msgKey.invalid', 'msgKey 无效');
  const msgParam = textOf(body, 'msgParam');
  const decoded = msgParam === undefined ? undefined : parseJson(msgParam);
  if (msgParam === undefined || !isObject(decoded) || !required.every((name) => textOf(decoded, name)))
    throw refusal('invalidParameter.msgParam.invalid', 'msgParam 无效');
  if (Buffer.byteLength(msgParam) > maxBytes)
    throw refusal('invalidParameter.msgParam.tooLong', 'msgParam 超长');
  const text = textOf(decoded, msgKey === 'sampleText' ? 'content' : 'text') ?? '';
  if (!isSafe(platform, msgParam)) throw refusal('contain.notAllowed.content', '消息中包含不允许发送的内容');
  return { msgtype: msgtypes[msgKey] ?? msgKey, text, title: textOf(decoded, 'title'), content: decoded };
}

/** The robot of a call; throws when it is missing or none of this app. */
export function checkRobotCode(body: JsonObject, { app }: Platform): void {
  const robotCode = textOf(body, 'robotCode');
  if (robotCode === undefined) throw refusal('invalidParameter.robotCode.empty', 'robotCode 不能为空');
  if (robotCode !== app.robotCode) throw refusal('invalidParameter.robotCode.notExsit', 'robot 不存在');
}
