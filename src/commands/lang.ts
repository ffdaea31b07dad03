import { commandWords, summaries } from '../reply/notices/commands.ts';
import type { Language } from '../store/store.ts';
import type { Command } from './command.ts';

const spellings: ReadonlyMap<string, Language> = new Map([
  ['zh', 'zh'],
  ['cn', 'zh'],
  ['中文', 'zh'],
  ['汉语', 'zh'],
  ['chinese', 'zh'],
  ['en', 'en'],
  ['英文', 'en'],
  ['英语', 'en'],
  ['english', 'en'],
]);

export const lang: Command = {
  name: 'lang',
  aliases: ['语言', 'language'],
  summary: summaries.lang,
  access: 'everyone',
  run: async ({ asker, argument, language, services }) => {
    const chosen = spellings.get(argument.toLowerCase());
    if (chosen === undefined) return { markdown: commandWords.languageUsage[language] };
    await services.store.people.setLanguage(asker.platform, asker.person, chosen);
    return { markdown: commandWords.languageSet[chosen] };
  },
};
