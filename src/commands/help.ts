import { commandWords, summaries } from '../reply/notices/commands.ts';
import type { Language } from '../store/store.ts';
import type { Command } from './command.ts';

export const help: Command = {
  name: 'help',
  aliases: ['帮助', 'h', '?', '？'],
  summary: summaries.help,
  access: 'everyone',
  run: async ({ turn, language, available }) => {
    const words = commandWords.help;
    const linesFor = (access: Command['access']): string =>
      available
        .filter((command) => command.access === access)
        .map((command) => line(command, language))
        .join('\n');
    const steering = linesFor('administrators');
    const paragraphs = [
      words[turn.message.place.kind][language],
      linesFor('everyone'),
      ...(steering === '' ? [] : [words.forAdministrators[language], steering]),
    ];
    return { markdown: paragraphs.join('\n\n') };
  },
};

function line({ name, aliases, summary }: Command, language: Language): string {
  if (language === 'en') return `- /${name}: ${summary.en}`;
  const chinese = aliases.find((alias) => /\p{Script=Han}/u.test(alias));
  return `- /${name}${chinese === undefined ? '' : ` 或 /${chinese}`}：${summary.zh}`;
}
