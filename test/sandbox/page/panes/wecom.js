import { createChatPane } from './shared/chat-pane.js';
import { createReply } from './wecom-bubble.js';

/** WeCom: the bot answers with bubbles that are replaced as a whole. */
export function createPane() {
  return createChatPane({ id: 'wecom', createReply });
}
