import type { FactBlock } from '../contract/reply.ts';
import {
  allowModels,
  denyModels,
  listedModels,
  mayChoose,
  modelRulesOf,
  modelRulesSetting,
  storedModelRules,
  type ModelRules,
} from '../core/model-rules.ts';
import type { ModelHealth, ModelOffer } from '../model/types.ts';
import { summaries } from '../reply/notices/commands.ts';
import { modelsWords as words } from '../reply/notices/models.ts';
import { count, type Phrase } from '../reply/notices/phrase.ts';
import type { Command, CommandAnswer, CommandContext } from './command.ts';
import { modelsMeant, shownName } from './model-names.ts';
import { asCode } from './shown.ts';

/** Rows of one server's table. */
const maxShown = 40;

type Change = 'allow' | 'deny' | 'all';

const spellings: ReadonlyMap<string, Change> = new Map([
  ['allow', 'allow'],
  ['允许', 'allow'],
  ['开放', 'allow'],
  ['deny', 'deny'],
  ['禁止', 'deny'],
  ['all', 'all'],
  ['全部', 'all'],
  ['所有', 'all'],
] as const);

export const models: Command = {
  name: 'models',
  aliases: ['模型列表', '所有模型'],
  summary: summaries.models,
  access: 'administrators',
  run: async (asked) => {
    const [verb = '', ...written] = asked.argument.split(/[\s,，、]+/).filter(Boolean);
    const change = spellings.get(verb.toLowerCase());
    const servers = await asked.services.modelServers(asked.signal);
    if (change === undefined || (change !== 'all' && written.length === 0)) return overview(asked, servers);
    return restrict(asked, servers, change, written);
  },
};

async function restrict(
  { language, services, audit }: CommandContext,
  servers: readonly ModelHealth[],
  change: Change,
  written: readonly string[],
): Promise<CommandAnswer> {
  const rules = modelRulesOf(services.policy.current());
  const listed = listedModels(servers);
  // What was restricted once may be named again although nobody lists it any more.
  const known = [...listed, ...[...(rules.allowed ?? []), ...rules.denied].map((id) => ({ id }))];
  const unique = [...new Map(known.map((offer) => [offer.id, offer])).values()];
  const meant = written.map((name) => modelsMeant(name, unique));
  const unknown = written.filter((_name, index) => meant[index]?.length === 0);
  if (change !== 'all' && unknown.length > 0) {
    await audit(`${change}: unknown model`, false);
    return { markdown: words.unknown(unknown.map(asCode).join(' '))[language] };
  }
  const ids = meant.flat().map(({ id }) => id);
  const next = changed(rules, change, ids);
  await services.policy.setSetting(modelRulesSetting, storedModelRules(next));
  await audit([change, ...(change === 'all' ? [] : ids)].join(' '));
  return {
    markdown: stateOf(next, unique)
      .map((line) => line[language])
      .join(''),
  };
}

function changed(rules: ModelRules, change: Change, ids: readonly string[]): ModelRules {
  if (change === 'all') return { allowed: undefined, denied: [] };
  return change === 'allow' ? allowModels(rules, ids) : denyModels(rules, ids);
}

function stateOf(
  { allowed, denied }: ModelRules,
  known: readonly Pick<ModelOffer, 'id'>[],
): readonly Phrase[] {
  const names = (ids: readonly string[]): string => ids.map((id) => asCode(shownName(id, known))).join(' ');
  const open = allowed?.filter((id) => !denied.includes(id));
  if (open !== undefined) return [open.length === 0 ? words.none : words.only(names(open))];
  return denied.length === 0 ? [words.all] : [words.except(names(denied))];
}

function overview(
  { turn, language, services }: CommandContext,
  servers: readonly ModelHealth[],
): CommandAnswer {
  const rules = modelRulesOf(services.policy.current());
  const listed = listedModels(servers);
  // Asked in a group, where others read along: no hosts, and no paths.
  const direct = turn.message.place.kind === 'direct';
  const facts = servers.map((server, index): FactBlock => {
    const host = direct ? server.description.host : words.server(index + 1)[language];
    return {
      type: 'table',
      title: `${host}${server.state === 'down' ? words.down[language] : ''}`,
      columns: [words.model, words.context, words.vision, words.choosable].map((word) => word[language]),
      rows: rowsOf(server, (id) => (direct ? id : shownName(id, listed))).map((row) => [
        `${row.name}${row.usual ? words.usual[language] : ''}`,
        row.contextTokens === undefined ? '–' : count(row.contextTokens),
        marks[row.vision],
        mayChoose(rules, row.id) ? '✓' : '✗',
      ]),
    };
  });
  const known = facts.some((fact) => fact.type === 'table' && fact.rows.length > 0);
  const lines = known ? stateOf(rules, listed) : [words.nothingKnown];
  return {
    markdown: `${lines.map((line) => line[language]).join('')}\n\n${words.usage[language]}`,
    ...(known ? { facts } : {}),
  };
}

const marks: Readonly<Record<ModelOffer['vision'], string>> = { yes: '✓', no: '✗', unknown: '–' };

type Row = ModelOffer & { readonly name: string; readonly usual: boolean };

/** Everything a server lists; where it hides its list, the one model it was configured with. */
function rowsOf({ description, offers = [] }: ModelHealth, nameOf: (id: string) => string): readonly Row[] {
  if (!('model' in description)) return [];
  const { model, contextTokens, vision } = description;
  const usual = offers.some(({ id }) => id === model) ? [] : [{ id: model, contextTokens, vision }];
  return [...usual, ...offers]
    .slice(0, maxShown)
    .map((offer) => ({ ...offer, name: nameOf(offer.id), usual: offer.id === model }));
}
