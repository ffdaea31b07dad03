import type { FactBlock } from '../contract/reply.ts';
import { endingWords, modelName } from '../core/present.ts';
import { shortId, type Turn, type TurnTrace } from '../core/turn.ts';
import { summaries } from '../reply/notices/commands.ts';
import { count, seconds, type Phrase } from '../reply/notices/phrase.ts';
import { speed } from '../reply/notices/status.ts';
import { outcomes, refusals, steps, why as words } from '../reply/notices/why.ts';
import type { Language } from '../store/store.ts';
import type { Command, CommandContext } from './command.ts';

/** As people type it: `k7p2`, `#K7P2`, `＃k7p2`. Undefined when it cannot be an id. */
function idOf(argument: string): string | undefined {
  return /^#?\s*([a-z0-9]{4,16})$/.exec(argument.normalize('NFKC').trim().toLowerCase())?.[1];
}

/** Whether everything may be told: to an administrator whose message proves who wrote it. */
function mayKnowAll({ services, asker, turn }: CommandContext): boolean {
  return services.access.isAdmin(asker) && turn.message.forgeable !== true;
}

/** One's own comes first; somebody else's is there for administrators only, and for others does not exist. */
async function find(context: CommandContext): Promise<Turn | undefined> {
  const { argument, services, asker, turn } = context;
  const { turns } = services.store;
  const own = { platform: asker.platform, person: asker.person };
  if (argument === '') return turns.byShortId('', { ...own, scope: turn.scope });
  const id = idOf(argument);
  if (id === undefined) return undefined;
  return (await turns.byShortId(id, own)) ?? (mayKnowAll(context) ? turns.byShortId(id, {}) : undefined);
}

export const why: Command = {
  name: 'why',
  aliases: ['为什么', '详情'],
  slashOnly: true,
  summary: summaries.why,
  access: 'everyone',
  run: async (context) => {
    const { language, argument, services, turn } = context;
    const found = await find(context);
    // What was said while a question was not yet answered has no answer of its own.
    const told = found?.joinedTo === undefined ? found : await services.store.turns.byId(found.joinedTo);
    if (told === undefined) return { markdown: words[argument === '' ? 'nothing' : 'unknown'][language] };
    const hosts = mayKnowAll(context) && turn.message.place.kind === 'direct';
    const lines = details(told, hosts, language).map((line) => `- ${line}`);
    const markdown = [`**${headline(told, language)}**`, lines.join('\n')].filter(Boolean).join('\n\n');
    return { markdown, facts: [stepTable(told, language)] };
  },
};

function outcome({ kind, state, ending }: Turn): Phrase {
  if (kind === 'notice') return words.refused;
  if (ending === undefined) return words.running;
  // A platform may refuse an answer that was whole.
  return outcomes[state === 'failed' ? state : ending.status];
}

function headline(turn: Turn, language: Language): string {
  const closedMs = turn.trace?.closedMs;
  const took = closedMs === undefined ? [] : [`${words.took[language]} ${seconds(closedMs)[language]}`];
  return [shortId(turn.id), outcome(turn)[language], ...took].join(' · ');
}

function causeOf({ notice, ending }: Turn): Phrase | undefined {
  if (notice !== undefined) return refusals[notice.code];
  return ending?.notice === undefined ? undefined : endingWords(ending.notice);
}

function details(turn: Turn, hosts: boolean, language: Language): string[] {
  const { trace = {}, model, promptTokens, completionTokens, attempts } = turn;
  const colon = language === 'zh' ? '：' : ': ';
  const line = (name: Phrase, ...values: readonly (string | undefined)[]): string[] => {
    const known = values.filter((value) => value !== undefined);
    return known.length === 0 ? [] : [`${name[language]}${colon}${known.join(' · ')}`];
  };
  const counted =
    promptTokens === undefined || completionTokens === undefined
      ? undefined
      : words.tokenCounts(promptTokens, completionTokens)[language];
  const rate = trace.tokensPerSecond === undefined ? undefined : speed(trace.tokensPerSecond)[language];
  return [
    ...line(words.cause, causeOf(turn)?.[language], hosts ? trace.fault : undefined),
    ...(turn.trace === undefined && turn.ending !== undefined ? [words.noTrace[language]] : []),
    ...line(words.model, model === undefined ? undefined : modelName(model)),
    ...(hosts ? line(words.server, trace.server, trace.engine) : []),
    ...line(words.tokens, counted, rate),
    ...(turn.kind === 'question' && turn.trace !== undefined
      ? [...line(words.edits, count(trace.edits ?? 0)), ...line(words.retries, count(trace.retries ?? 0))]
      : []),
    ...(attempts > 1 ? [words.begun(attempts)[language]] : []),
  ];
}

function momentsOf(trace: TurnTrace): readonly (readonly [Phrase, number | undefined])[] {
  return [
    [steps.received, 0],
    [steps.opened, trace.openedMs],
    [steps.asked, trace.askedMs],
    [steps.served, trace.servedMs],
    [steps.firstToken, trace.firstTokenMs],
    [steps.firstText, trace.firstTextMs],
    [steps.firstShown, trace.firstShownMs],
    [steps.lastToken, trace.lastTokenMs],
    [steps.closed, trace.closedMs],
  ];
}

/** In the order in which the steps were really reached: a fast reply can be there after its question was asked. */
function stepTable({ trace = {} }: Turn, language: Language): FactBlock {
  const reached = momentsOf(trace)
    .flatMap(([name, at]) => (at === undefined ? [] : [{ name, at }]))
    .sort((one, other) => one.at - other.at);
  return {
    type: 'table',
    columns: [steps.step, steps.at, steps.lasted].map((word) => word[language]),
    rows: reached.map(({ name, at }, index) => [
      name[language],
      count(at),
      count(at - (reached[index - 1]?.at ?? 0)),
    ]),
  };
}
