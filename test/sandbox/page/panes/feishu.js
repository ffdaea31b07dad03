import { createCard } from './feishu-card.js';
import { createChatPane } from './shared/chat-pane.js';
import { press } from './shared/press.js';

/** Feishu: the bot answers with CardKit cards. */
export function createPane() {
  return createChatPane({
    id: 'feishu',
    createReply(message, pane) {
      const card = createCard((value, label) => press(message, value, label, pane));
      return { root: card.root, update: (next) => card.update(next.card) };
    },
  });
}
