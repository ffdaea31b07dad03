import type { Ids } from './ids.ts';
import type { SimChat, SimMessage } from './world-types.ts';

/** Where a message stands in the tree of replies and topics. */
export type Placement = Pick<SimMessage, 'threadId' | 'topicRootId' | 'rootId' | 'parentId'>;

/**
 * A reply to message 1 has it as root and parent, a reply to a reply keeps the root; inside a topic both are the
 * topic's first message. A reply `inThread` makes the parent the beginning of a topic.
 */
export function placeReply(parent: SimMessage, inThread: boolean, ids: Ids): Placement {
  if (inThread) parent.threadId ??= ids.prefixed('omt_');
  if (parent.threadId !== undefined) {
    const root = parent.topicRootId ?? parent.messageId;
    return { threadId: parent.threadId, topicRootId: root, rootId: root, parentId: root };
  }
  const rootId = parent.rootId ?? parent.messageId;
  return { threadId: undefined, topicRootId: undefined, rootId, parentId: parent.messageId };
}

/** A message that answers nothing: in a chat made of topics it opens one. */
export function placeNew(chat: SimChat, ids: Ids): Placement {
  const threadId = chat.messageForm === 'thread' ? ids.prefixed('omt_') : undefined;
  return { threadId, topicRootId: undefined, rootId: undefined, parentId: undefined };
}
