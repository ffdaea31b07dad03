import { commandWords, summaries } from '../reply/notices/commands.ts';
import type { Command } from './command.ts';

export const help: Command = {
  name: 'help',
  aliases: ['帮助', 'h', '?', '？'],
  summary: summaries.help,
  access: 'everyone',
  run: async ({ language, available }) => {
    const lines = available.map(({ name, aliases, summary }) => {
      const chinese = aliases.find((alias) => /\p{Script=Han}/u.test(alias));
      const names = chinese === undefined || language === 'en' ? `/${name}` : `/${name} 或 /${chinese}`;
      return language === 'zh' ? `- ${names}：${summary.zh}` : `- ${names}: ${summary.en}`;
    });
    return { markdown: [commandWords.helpTitle[language], '', ...lines].join('\n') };
  },
};
