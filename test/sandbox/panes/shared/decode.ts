import type { z } from 'zod';
import { isObject } from '../../../simulators/feishu/json.ts';
import { Refusal } from '../../pane.ts';

/** What the page sent, or a `Refusal` that names the member that is wrong. */
export function decode<Shape extends z.ZodType>(shape: Shape, given: unknown): z.output<Shape> {
  const decoded = shape.safeParse(isObject(given) ? given : {});
  if (decoded.success) return decoded.data;
  throw new Refusal(
    `页面发来的内容不对 / the page sent something else than expected: ${decoded.error.issues[0]?.path.join('.') ?? ''}`,
  );
}

/** Look-ups that refuse what is not there. */
export function createFinders<Person, Chat, Message>(world: Things<Person, Chat, Message>) {
  const found = <Thing>(thing: Thing | undefined, missing: string): Thing => {
    if (thing === undefined) throw new Refusal(missing);
    return thing;
  };
  return {
    person: (id: string): Person => found(world.person(id), '没有这个人 / nobody has this id'),
    chat: (id: string): Chat => found(world.chat(id), '没有这个聊天 / no such chat'),
    message: (id: string): Message => found(world.message(id), '没有这条消息 / no such message'),
  };
}

export type Things<Person, Chat, Message> = {
  readonly person: (id: string) => Person | undefined;
  readonly chat: (id: string) => Chat | undefined;
  readonly message: (id: string) => Message | undefined;
};
