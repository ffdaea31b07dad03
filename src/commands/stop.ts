import { commandWords, summaries } from '../reply/notices/commands.ts';
import type { Command } from './command.ts';

export const stop: Command = {
  name: 'stop',
  aliases: ['停止', '停'],
  summary: summaries.stop,
  access: 'everyone',
  run: async ({ turn, language, services }) => {
    const stopped = await services.stop(turn);
    const words = stopped === 0 ? commandWords.nothingToStop : commandWords.stopped(stopped);
    return { markdown: words[language] };
  },
};
