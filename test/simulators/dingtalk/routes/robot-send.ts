import { addBotMessage } from '../bot-message.ts';
import { refusal } from '../fault.ts';
import { checkRobotCode, outgoingMessage } from '../outgoing.ts';
import type { Platform } from '../platform.ts';
import { textOf, type ApiAnswer, type ApiRequest, type Route } from '../route.ts';
import type { SimChat } from '../world-types.ts';

const scope = 'qyapi_robot_sendmsg';

/** Messages of the robot APIs: to people and to groups. No edit exists for them. */
export function robotSendRoutes(platform: Platform, flowControlled: ReadonlySet<string>): readonly Route[] {
  return [
    {
      api: 'robot.oToMessages.batchSend',
      host: 'api',
      method: 'POST',
      path: '/v1.0/robot/oToMessages/batchSend',
      token: 'header',
      metered: 'month',
      scope,
      handle: (request) => sendToPeople(request, platform, flowControlled),
    },
    {
      api: 'robot.groupMessages.send',
      host: 'api',
      method: 'POST',
      path: '/v1.0/robot/groupMessages/send',
      token: 'header',
      metered: 'month',
      scope,
      handle: (request) => sendToGroup(request, platform),
    },
  ];
}

function sendToPeople(
  { body, arrivedMs, note }: ApiRequest,
  platform: Platform,
  flowControlled: ReadonlySet<string>,
): ApiAnswer {
  checkRobotCode(body, platform);
  const userIds = body['userIds'];
  if (!Array.isArray(userIds) || userIds.length === 0)
    throw refusal('invalidParameter.userIds.empty', 'userIds 不能为空');
  if (userIds.length > platform.rules.limits.receivers)
    throw refusal('invalidParameter.userIds.overMax', 'userIds 超过上限');
  const message = outgoingMessage(body, Infinity, platform);
  platform.limits.robotMessages(userIds.length, arrivedMs);
  const processQueryKey = platform.ids.processQueryKey();
  const known = userIds.map((id: unknown) => ({ id, person: staff(id, platform) }));
  const invalid = known.filter(({ person }) => person === undefined).map(({ id }) => id);
  const controlled = known.filter(({ id }) => flowControlled.has(String(id))).map(({ id }) => id);
  for (const { id, person } of known) {
    if (person === undefined || flowControlled.has(String(id))) continue;
    const { conversationId } = platform.world.directChat(person);
    note({ conversationId });
    addBotMessage(platform, { ...message, conversationId, via: 'robot-api', processQueryKey });
  }
  if (invalid.length > 0) note({ hidden: 'invalidStaffIdList' });
  if (controlled.length > 0) note({ hidden: 'flowControlledStaffIdList' });
  return {
    json: { processQueryKey, invalidStaffIdList: invalid, flowControlledStaffIdList: controlled },
  };
}

function staff(id: unknown, { world }: Platform): ReturnType<Platform['world']['person']> {
  const person = typeof id === 'string' ? world.person(id) : undefined;
  return person?.staffId === id ? person : undefined;
}

function sendToGroup({ body, arrivedMs, note }: ApiRequest, platform: Platform): ApiAnswer {
  checkRobotCode(body, platform);
  const chat = groupOf(body, platform);
  const message = outgoingMessage(body, platform.rules.limits.groupMessageBytes, platform);
  platform.limits.robotMessages(1, arrivedMs);
  const { conversationId } = chat;
  const processQueryKey = platform.ids.processQueryKey();
  note({ conversationId });
  addBotMessage(platform, { ...message, conversationId, via: 'robot-api', processQueryKey });
  return { json: { processQueryKey } };
}

/** The group of a call; throws the documented refusal when it is missing, unknown, gone or without the bot. */
export function groupOf(body: ApiRequest['body'], { world }: Platform): SimChat {
  const id = textOf(body, 'openConversationId');
  if (id === undefined) throw refusal('miss.openConversationId', '缺少 openConversationId');
  const chat = world.chat(id);
  if (chat?.kind !== 'group') throw refusal('invalid.openConversationId', 'openConversationId 无效');
  if (chat.disbanded) throw refusal('group.disbanded', '群已解散');
  if (!chat.botPresent) throw refusal('bot.stopped', '机器人已停用');
  return chat;
}
