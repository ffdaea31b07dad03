import { commandWords, summaries } from '../reply/notices/commands.ts';
import type { Command } from './command.ts';

export const retry: Command = {
  name: 'retry',
  aliases: ['重试', '重新回答'],
  summary: summaries.retry,
  access: 'everyone',
  run: async ({ turn, asker, language, services }) => {
    const last = await services.store.turns.lastQuestion(turn.scope, turn.message.sender.key);
    if (last === undefined) return { markdown: commandWords.nothingToRetry[language] };
    const refused = await services.retry(last, asker, turn.message.replyTarget);
    return refused === undefined ? 'elsewhere' : { markdown: refused[language] };
  },
};
