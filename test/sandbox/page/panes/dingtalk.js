import { createReply } from './dingtalk-card.js';
import { createChatPane } from './shared/chat-pane.js';

/** DingTalk: the bot answers with AI cards. */
export function createPane() {
  return createChatPane({ id: 'dingtalk', createReply });
}
