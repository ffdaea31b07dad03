import { assistantInForce } from '../assistants/in-force.ts';
import { listedModels, mayChoose, modelRulesOf } from '../core/model-rules.ts';
import { chatSettings } from '../core/policy.ts';
import type { ModelHealth, ModelOffer } from '../model/types.ts';
import { summaries } from '../reply/notices/commands.ts';
import { modelWords as words } from '../reply/notices/models.ts';
import { count, type Phrase } from '../reply/notices/phrase.ts';
import type { Command, CommandContext } from './command.ts';
import { modelsMeant, shownName } from './model-names.ts';
import { asCode } from './shown.ts';

/** Shown in one answer; a gateway may list hundreds. */
const maxShown = 30;

const automatic: ReadonlySet<string> = new Set(['auto', 'default', '自动', '默认']);

export const model: Command = {
  name: 'model',
  aliases: ['模型', '选模型'],
  summary: summaries.model,
  access: 'everyone',
  run: async (asked) => {
    const { turn, argument, language, services } = asked;
    const { scopes } = services.store;
    if (automatic.has(argument.toLowerCase())) {
      await scopes.choose(turn.scope, { model: undefined });
      return { markdown: words.auto[language] };
    }
    const servers = await services.modelServers(asked.signal);
    const choices = choosable(asked, servers);
    if (argument === '')
      return {
        markdown: `${(await present(asked, choices, servers))[language]}\n\n${listOf(choices, asked)}`,
      };
    const [meant, another] = byNumber(argument, choices) ?? modelsMeant(argument, choices);
    if (meant === undefined || another !== undefined) {
      const problem = meant === undefined ? words.unknown : words.several;
      return { markdown: `${problem[language]}\n\n${listOf(choices, asked)}` };
    }
    await scopes.choose(turn.scope, { model: meant.id });
    return { markdown: words.chosen(shownName(meant.id, choices))[language] };
  },
};

function choosable({ services }: CommandContext, servers: readonly ModelHealth[]): readonly ModelOffer[] {
  const rules = modelRulesOf(services.policy.current());
  return listedModels(servers).filter(({ id }) => mayChoose(rules, id));
}

function byNumber(argument: string, choices: readonly ModelOffer[]): readonly ModelOffer[] | undefined {
  const number = /^[#＃]?(\d{1,3})[.、。]?$/.exec(argument.normalize('NFKC'))?.[1];
  return number === undefined ? undefined : choices.slice(Number(number) - 1, Number(number));
}

/** What answers here: the conversation's choice, its assistant's model, or the usual one. */
async function present(
  { turn, services }: CommandContext,
  choices: readonly ModelOffer[],
  servers: readonly ModelHealth[],
): Promise<Phrase> {
  const chosen = await services.store.scopes.choices(turn.scope);
  if (chosen.model !== undefined && choices.some(({ id }) => id === chosen.model))
    return words.present(shownName(chosen.model, choices));
  const { place } = turn.message;
  const bound = chatSettings(services.policy.current(), place)?.assistant;
  const options = { chosen: chosen.assistant, bound, place };
  const { assistant } = assistantInForce(services.assistants.current(), options);
  const listed = listedModels(servers);
  if (assistant?.model !== undefined && listed.some(({ id }) => id === assistant.model))
    return words.presentByAssistant(shownName(assistant.model, listed));
  const usual = servers
    .toSorted((one, other) => Number(one.state === 'down') - Number(other.state === 'down'))
    .flatMap(({ description }) => ('model' in description ? [description.model] : []))[0];
  return usual === undefined ? words.presentUnknown : words.presentAuto(shownName(usual, listed));
}

function listOf(choices: readonly ModelOffer[], { language }: CommandContext): string {
  if (choices.length === 0) return words.noChoice[language];
  const lines = choices.slice(0, maxShown).map((choice, index) => {
    const facts = [
      ...(choice.vision === 'yes' ? [words.sees] : []),
      ...(choice.contextTokens === undefined ? [] : [words.context(count(choice.contextTokens))]),
    ].map((fact) => fact[language]);
    const name = asCode(shownName(choice.id, choices));
    const aside = language === 'zh' ? `（${facts.join('，')}）` : ` (${facts.join(', ')})`;
    return `${index + 1}. ${name}${facts.length === 0 ? '' : aside}`;
  });
  const left = choices.length - lines.length;
  const more = left > 0 ? [words.more(left)[language]] : [];
  return [words.choices[language], '', ...lines, '', ...more, words.usage[language]].join('\n');
}
