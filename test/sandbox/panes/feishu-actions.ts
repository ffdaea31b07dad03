import { z } from 'zod';
import { isObject } from '../../simulators/feishu/json.ts';
import type { SaidFile } from '../../simulators/feishu/said.ts';
import type { FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import type { MessageView } from '../../simulators/feishu/views.ts';
import type { SimChat, SimMessage, SimUser } from '../../simulators/feishu/world-types.ts';
import { Refusal, type PaneEvent, type View } from '../pane.ts';
import { otherKinds, saidInComposer, saidOtherwise, type Mentionable } from './feishu-said.ts';

export type ActionStage = {
  readonly simulator: FeishuSimulator;
  readonly emit: (event: PaneEvent) => void;
  /** What makes this message an answer's cause. */
  readonly causeOf: (message: SimMessage) => string;
  /** People a visitor may speak as. */
  readonly people: readonly SimUser[];
};

type Action = (given: unknown, stage: ActionStage) => Promise<View>;

const timesAgain = 5;

const imageShape = z.object({ name: z.string().max(200), mime: z.string().max(100), base64: z.base64() });
const sayShape = z.object({
  chat: z.string(),
  by: z.string(),
  text: z.string().max(100_000).default(''),
  images: z.array(imageShape).max(20).default([]),
  kind: z.enum(['message', ...otherKinds]).default('message'),
  replyTo: z.string().optional(),
  inThread: z.boolean().default(false),
});
const messageShape = z.object({ message: z.string(), by: z.string() });
const redeliverShape = z.object({ message: z.string(), times: z.number().int().min(1).max(20) });
const pressShape = messageShape.extend({ value: z.record(z.string(), z.unknown()), label: z.string() });
const personShape = z.object({ by: z.string() });

/** What a visitor can do in the Feishu pane, by name. */
export const feishuActions: Readonly<Record<string, Action>> = {
  say,
  recall,
  redeliver,
  'redeliver-last': redeliverLast,
  press,
  'open-direct': openDirect,
  'drop-connection': dropConnection,
};

async function say(given: unknown, stage: ActionStage): Promise<View> {
  const asked = decode(sayShape, given);
  const { simulator, people } = stage;
  const [from, chat] = [person(asked.by, stage), chatOf(asked.chat, simulator)];
  if (!chat.members.has(from.openId)) throw new Refusal('这个人不在这个聊天里 / not a member of this chat');
  const mentionable: Mentionable = new Map([
    [simulator.bot.name, 'bot'],
    ['所有人', 'all'],
    ...people.map(({ name, openId }) => [name, openId] as const),
  ]);
  const images = asked.images.map(({ name, mime, base64 }): SaidFile => ({
    name,
    mime,
    bytes: Buffer.from(base64, 'base64'),
  }));
  if (asked.kind === 'message' && asked.text.trim() === '' && images.length === 0)
    throw new Refusal('没有内容可发 / nothing to send');
  const said =
    asked.kind === 'message' ? saidInComposer(asked.text, images, mentionable) : saidOtherwise(asked.kind);
  const quoted = asked.replyTo === undefined ? {} : { replyTo: messageOf(asked.replyTo, simulator) };
  const { message } = simulator.say({ chat, from, said, ...quoted, inThread: asked.inThread });
  stage.emit({
    type: 'asked',
    cause: stage.causeOf(message),
    text: withoutMentions(asked.text, mentionable),
    atMs: message.createdMs,
  });
  return { message: message.messageId };
}

/** The longest line of what was typed, as it will be found in what the model is asked. */
function withoutMentions(text: string, mentionable: Mentionable): string {
  const names = [...mentionable.keys()].sort((one, other) => other.length - one.length);
  const pieces = names.reduce(
    (parts, name) => parts.flatMap((part) => part.split(`@${name}`)),
    text.split('\n'),
  );
  return pieces
    .map((piece) => piece.trim())
    .reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
}

async function recall(given: unknown, stage: ActionStage): Promise<View> {
  const asked = decode(messageShape, given);
  const message = messageOf(asked.message, stage.simulator);
  if (message.sender.type !== 'user' || message.sender.user.openId !== asked.by)
    throw new Refusal('只能撤回自己的消息 / only your own messages can be recalled');
  void stage.simulator.recall(message);
  return {};
}

async function redeliver(given: unknown, stage: ActionStage): Promise<View> {
  const { message: id, times } = decode(redeliverShape, given);
  const message = messageOf(id, stage.simulator);
  for (let time = 0; time < times; time += 1) void stage.simulator.redeliver(message);
  return { times };
}

/** As a platform does whose acknowledgements got lost. */
async function redeliverLast(_given: unknown, { simulator }: ActionStage): Promise<View> {
  const last = simulator
    .chats()
    .flatMap(({ chatId }) => simulator.messages(chatId))
    .filter(({ from }) => from.kind === 'user')
    .reduce<MessageView | undefined>(
      (latest, message) => (latest === undefined || message.createdMs >= latest.createdMs ? message : latest),
      undefined,
    );
  if (last === undefined) throw new Refusal('还没有消息 / no message yet');
  const message = messageOf(last.messageId, simulator);
  for (let time = 0; time < timesAgain; time += 1) void simulator.redeliver(message);
  return { message: last.messageId };
}

async function press(given: unknown, stage: ActionStage): Promise<View> {
  const { message: id, by, value, label } = decode(pressShape, given);
  const { simulator } = stage;
  const message = messageOf(id, simulator);
  const atMs = Date.now();
  stage.emit({ type: 'asked', cause: stage.causeOf(message), text: '', atMs });
  const outcome = await simulator.press({ message, button: { value }, by: person(by, stage) });
  const durationMs = Date.now() - atMs;
  const attempt = { atMs, durationMs, outcome: outcome.code === 0 ? 'acknowledged' : String(outcome.code) };
  const delivery = {
    id: `press-${atMs}`,
    eventType: 'card.action.trigger',
    label,
    attempts: [attempt],
    state: 'acknowledged',
  };
  stage.emit({ type: 'delivery', delivery });
  return { code: outcome.code, toast: outcome.toast };
}

async function openDirect(given: unknown, stage: ActionStage): Promise<View> {
  const user = person(decode(personShape, given).by, stage);
  const chat = stage.simulator.directChat(user);
  void stage.simulator.enterDirectChat(user);
  return { chat: chat.chatId };
}

async function dropConnection(_given: unknown, { simulator }: ActionStage): Promise<View> {
  for (const connection of simulator.connections()) connection.drop();
  return {};
}

function decode<Shape extends z.ZodType>(shape: Shape, given: unknown): z.output<Shape> {
  const decoded = shape.safeParse(isObject(given) ? given : {});
  if (decoded.success) return decoded.data;
  throw new Refusal(
    `页面发来的内容不对 / the page sent something else than expected: ${decoded.error.issues[0]?.path.join('.') ?? ''}`,
  );
}

function person(id: string, { people }: ActionStage): SimUser {
  const found = people.find(({ openId }) => openId === id);
  if (found === undefined) throw new Refusal('没有这个人 / nobody has this id');
  return found;
}

function chatOf(id: string, simulator: FeishuSimulator): SimChat {
  const found = simulator.chat(id);
  if (found === undefined) throw new Refusal('没有这个聊天 / no such chat');
  return found;
}

function messageOf(id: string, simulator: FeishuSimulator): SimMessage {
  const found = simulator.message(id);
  if (found === undefined) throw new Refusal('没有这条消息 / no such message');
  return found;
}
