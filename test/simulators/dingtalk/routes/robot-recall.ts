import type { JsonObject } from '../../feishu/json.ts';
import { refusal } from '../fault.ts';
import { checkRobotCode } from '../outgoing.ts';
import type { Platform } from '../platform.ts';
import type { ApiAnswer, Route } from '../route.ts';
import { groupOf } from './robot-send.ts';

/** Takes messages of the robot back, by the key their sending gave. */
export function robotRecallRoutes(platform: Platform): readonly Route[] {
  const recallRoute = (api: string, path: string, inGroup: boolean): Route => ({
    api,
    host: 'api',
    method: 'POST',
    path,
    token: 'header',
    metered: 'month',
    scope: 'qyapi_robot_sendmsg',
    handle({ body }) {
      checkRobotCode(body, platform);
      return recall(body, inGroup ? groupOf(body, platform).conversationId : undefined, platform);
    },
  });
  return [
    recallRoute('robot.otoMessages.batchRecall', '/v1.0/robot/otoMessages/batchRecall', false),
    recallRoute('robot.groupMessages.recall', '/v1.0/robot/groupMessages/recall', true),
  ];
}

/** Within one group when `conversationId` is given. */
function recall(body: JsonObject, conversationId: string | undefined, platform: Platform): ApiAnswer {
  const keys: unknown = body['processQueryKeys'];
  if (!Array.isArray(keys) || keys.length === 0)
    throw refusal('invalidParameter.processQueryKeys.empty', 'processQueryKeys 不能为空');
  const failedResult: Record<string, string> = {};
  const successResult: string[] = [];
  for (const key of keys.map(String)) {
    const message = platform.world.sent(key);
    const there = conversationId === undefined || message?.conversationId === conversationId;
    if (message === undefined || !there) {
      failedResult[key] = '消息不存在';
      continue;
    }
    message.recalled = true;
    successResult.push(key);
    const { msgId } = message;
    platform.changes.emit({ type: 'message-changed', msgId, conversationId: message.conversationId });
  }
  return { json: { successResult, failedResult } };
}
