import { commandWords, summaries } from '../reply/notices/commands.ts';
import type { Command } from './command.ts';

export const newConversation: Command = {
  name: 'new',
  aliases: ['新对话', '清空', 'reset', 'clear'],
  summary: summaries.new,
  access: 'everyone',
  run: async ({ turn, language, services }) => {
    await services.store.scopes.reset(turn.scope, turn.acceptedAt);
    return { markdown: commandWords.newDone[language] };
  },
};
