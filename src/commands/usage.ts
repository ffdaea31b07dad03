import type { FactBlock } from '../contract/reply.ts';
import { modelName } from '../core/present.ts';
import { summaries, usage as words } from '../reply/notices/commands.ts';
import { judgements } from '../reply/notices/judgements.ts';
import { count, type Phrase } from '../reply/notices/phrase.ts';
import type { Language } from '../store/store.ts';
import type { ModelUse, Usage, Verdicts } from '../store/usage.ts';
import type { Command } from './command.ts';

export const usage: Command = {
  name: 'usage',
  aliases: ['用量', '使用量'],
  summary: summaries.usage,
  access: 'everyone',
  run: async ({ turn, asker, language, services }) => {
    const store = services.store.usage;
    const [day, month] = [services.startOf('day'), services.startOf('month')];
    const [today, thisMonth] = await Promise.all([
      store.ofPerson(asker.platform, asker.person, day),
      store.ofPerson(asker.platform, asker.person, month),
    ]);
    const own = ownTable(today, thisMonth, language);
    // Everybody's figures are for administrators, and not for a message whose sender is not proven.
    const mayKnow = services.access.isAdmin(asker) && turn.message.forgeable !== true;
    if (!mayKnow) return { markdown: words.own[language], facts: [own] };
    const everyone = [
      totalsTable(words.everyoneToday[language], await store.byModel(day), language),
      totalsTable(words.everyoneMonth[language], await store.byModel(month), language),
      verdictTable(await store.verdicts(day), await store.verdicts(month), language),
    ];
    return { markdown: words.own[language], facts: [own, ...everyone] };
  },
};

const cells = ({ questions, promptTokens, completionTokens }: Usage): string[] =>
  [questions, promptTokens, completionTokens].map(count);

function ownTable(today: Usage, month: Usage, language: Language): FactBlock {
  return {
    type: 'table',
    columns: [words.period, words.questions, words.prompt, words.completion].map((word) => word[language]),
    rows: [
      [words.today[language], ...cells(today)],
      [words.month[language], ...cells(month)],
    ],
  };
}

function totalsTable(title: string, uses: readonly ModelUse[], language: Language): FactBlock {
  const sum = uses.reduce<Usage>(
    (all, one) => ({
      questions: all.questions + one.questions,
      promptTokens: all.promptTokens + one.promptTokens,
      completionTokens: all.completionTokens + one.completionTokens,
    }),
    { questions: 0, promptTokens: 0, completionTokens: 0 },
  );
  return {
    type: 'table',
    title,
    columns: [words.platform, words.model, words.questions, words.prompt, words.completion].map(
      (word) => word[language],
    ),
    rows: [
      ...uses.map((use) => [
        use.platform,
        use.model === undefined ? words.noModel[language] : modelName(use.model),
        ...cells(use),
      ]),
      [words.total[language], '–', ...cells(sum)],
    ],
  };
}

function verdictTable(today: readonly Verdicts[], month: readonly Verdicts[], language: Language): FactBlock {
  const rows = (period: Phrase, verdicts: readonly Verdicts[]): string[][] => {
    const total = (of: 'good' | 'bad'): number => verdicts.reduce((sum, one) => sum + one[of], 0);
    return [
      ...verdicts.map(({ platform, good, bad }) => [period[language], platform, count(good), count(bad)]),
      [period[language], words.total[language], count(total('good')), count(total('bad'))],
    ];
  };
  return {
    type: 'table',
    title: judgements.title[language],
    columns: [words.period, words.platform, judgements.good, judgements.bad].map((word) => word[language]),
    rows: [...rows(words.today, today), ...rows(words.month, month)],
  };
}
