import { summaries } from '../reply/notices/commands.ts';
import { privacy as words } from '../reply/notices/privacy.ts';
import type { Command } from './command.ts';

const confirmations: ReadonlySet<string> = new Set(['confirm', '确认', '确定']);

export const forget: Command = {
  name: 'forget',
  aliases: ['忘记', '忘记我', '删除我的记录'],
  slashOnly: true,
  summary: summaries.forget,
  access: 'everyone',
  run: async ({ turn, argument, language, services, audit }) => {
    const confirmed = confirmations.has(argument.toLowerCase());
    if (turn.message.forgeable === true) {
      if (confirmed) await audit('own history', false);
      return { markdown: words.unproven[language] };
    }
    const { questions, pictures } = await services.ownHistory.amount(turn);
    if (!confirmed) {
      const said = questions === 0 && pictures === 0 ? words.nothing : words.ask(questions, pictures);
      return { markdown: said[language] };
    }
    // Also when nothing is counted: commands and refusals hold words of a person, too.
    const clean = await services.ownHistory.erase(turn);
    await audit(`own history: ${questions} questions, ${pictures} pictures`);
    const done = questions === 0 && pictures === 0 ? words.nothing : words.done(questions, pictures);
    return { markdown: clean ? done[language] : `${done[language]}\n\n${words.later[language]}` };
  },
};
