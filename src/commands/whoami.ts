import { scopeKindOfKey } from '../core/scope.ts';
import { summaries, whoami as words } from '../reply/notices/commands.ts';
import { memories } from '../reply/notices/endings.ts';
import type { Command } from './command.ts';

export const whoami: Command = {
  name: 'whoami',
  aliases: ['我是谁', 'me'],
  summary: summaries.whoami,
  access: 'everyone',
  run: async ({ turn, asker, language, services }) => {
    const role = services.access.isAdmin(asker) ? words.admin : words.employee;
    const lines = [
      `${words.entry[language]}：\`${asker.platform}:${asker.person}\``,
      ...(turn.message.place.kind === 'group'
        ? [`${words.chat[language]}：\`${asker.platform}:chat:${asker.chat}\``]
        : []),
      `${words.role[language]}：${role[language]}`,
      `${words.memory[language]}：${memories[scopeKindOfKey(turn.scope)][language]}`,
      `${words.language[language]}：${language === 'zh' ? '中文' : 'English'}`,
    ];
    return {
      markdown: lines.map((line) => `- ${language === 'en' ? line.replace('：', ': ') : line}`).join('\n'),
    };
  },
};
