import { commandWords, summaries } from '../reply/notices/commands.ts';
import { toasts } from '../reply/notices/progress.ts';
import type { Command } from './command.ts';

export const retry: Command = {
  name: 'retry',
  aliases: ['重试', '重新回答'],
  summary: summaries.retry,
  access: 'everyone',
  run: async ({ turn, language, services }) => {
    const last = await services.store.turns.lastQuestion(turn.scope, turn.message.sender.key);
    if (last === undefined) return { markdown: commandWords.nothingToRetry[language] };
    if (last.ending === undefined) return { markdown: toasts.stillRunning[language] };
    const begun = await services.retry(last, turn.message.replyTarget);
    return begun ? 'elsewhere' : { markdown: toasts.alreadyRetried[language] };
  },
};
