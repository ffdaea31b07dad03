import type { FactBlock } from '../contract/reply.ts';
import { defaultLimits, generalLimit, type Measure } from '../core/limits.ts';
import type { Policy } from '../core/policy.ts';
import { summaries } from '../reply/notices/commands.ts';
import { limitWords as words, valueWords } from '../reply/notices/limit-words.ts';
import type { Limit, LimitValue } from '../store/policy.ts';
import type { Language } from '../store/store.ts';
import type { Command, CommandAnswer, CommandContext } from './command.ts';
import { readEntries } from './read-entries.ts';
import { asCode } from './shown.ts';

const generalKinds: ReadonlyMap<string, keyof typeof defaultLimits> = new Map([
  ['person', 'each-person'],
  ['每人', 'each-person'],
  ['个人', 'each-person'],
  ['vip', 'each-vip'],
  ['chat', 'each-chat'],
  ['每群', 'each-chat'],
  ['会话', 'each-chat'],
  ['all', 'all'],
  ['全部', 'all'],
  ['总', 'all'],
]);

/** `/limit`, `/limit <whom> 30/min 200000/day`, `/limit vip <person>`, `/limit normal <person>`. */
export const limit: Command = {
  name: 'limit',
  aliases: ['限额', '限制', 'limits'],
  slashOnly: true,
  summary: summaries.limit,
  access: 'administrators',
  run: async (context) => {
    const { argument, language } = context;
    if (argument === '') return overview(context);
    const [whom = '', ...rest] = argument.split(/[\s\u3000]+/).filter(Boolean);
    const lower = whom.toLowerCase();
    const [named] = rest;
    const marksPeople = named !== undefined && named.includes(':') && /^(vip|normal|普通)$/.test(lower);
    if (marksPeople) return mark(context, rest.join(' '), lower === 'vip');
    const subject = subjectOf(context, lower, whom);
    const values = readValues(rest);
    if (subject === undefined || values === undefined) return { markdown: words.usage[language] };
    return set(context, subject, values);
  },
};

type Subject = Pick<Limit, 'kind' | 'platform' | 'id'>;

function subjectOf({ services }: CommandContext, lower: string, written: string): Subject | undefined {
  const kind = generalKinds.get(lower);
  if (kind !== undefined) return { kind, platform: '', id: '' };
  const [entry, ...others] = readEntries(written, services.platforms) ?? [];
  if (entry === undefined || others.length > 0 || entry.kind === 'platform') return undefined;
  return { kind: entry.kind, platform: entry.platform, id: entry.id };
}

/** What is to change; `default` takes back what was set. */
type Change = LimitValue | 'default';

const perMinute = /^(\d+|none|unlimited|default|不限|默认)\/(min|minute|m|分|分钟)$/;
const perDay = /^(\d+|\d+(?:\.\d+)?(?:万|k|m)|none|unlimited|default|不限|默认)\/(day|d|天|日)$/;
const units: Readonly<Record<string, number>> = { k: 1_000, 万: 10_000, m: 1_000_000 };
/** Larger figures are slips of the finger, and would not fit every database's columns. */
const maxValue = { requestsPerMinute: 100_000, tokensPerDay: 100_000_000_000 } as const;

function readAmount(written: string): Change {
  if (/^(none|unlimited|不限)$/.test(written)) return 'unlimited';
  if (/^(default|默认)$/.test(written)) return 'default';
  const [, figure = '', unit] = /^([\d.]+)(.*)$/.exec(written) ?? [];
  return Math.round(Number(figure) * (units[unit ?? ''] ?? 1));
}

/** Undefined when anything among the words is not a limit: half of what was meant is not carried out. */
function readValues(written: readonly string[]): ReadonlyMap<Measure, Change> | undefined {
  const values = new Map<Measure, Change>();
  for (const word of written.map((one) => one.toLowerCase())) {
    const [, minute] = perMinute.exec(word) ?? [];
    const [, day] = perDay.exec(word) ?? [];
    const measure = minute === undefined ? 'tokensPerDay' : 'requestsPerMinute';
    const amount = minute ?? day;
    if (/^(default|默认)$/.test(word)) {
      values.set('requestsPerMinute', 'default').set('tokensPerDay', 'default');
    } else if (amount === undefined) return undefined;
    else values.set(measure, readAmount(amount));
  }
  const fits = [...values].every(
    ([measure, value]) => typeof value !== 'number' || value <= maxValue[measure],
  );
  return values.size > 0 && fits ? values : undefined;
}

async function set(
  context: CommandContext,
  subject: Subject,
  changes: ReadonlyMap<Measure, Change>,
): Promise<CommandAnswer> {
  const { language, services, audit } = context;
  const { policy } = services;
  const known = policy
    .current()
    .limits.find(
      ({ kind, platform, id }) => kind === subject.kind && platform === subject.platform && id === subject.id,
    );
  const changed = (measure: Measure): LimitValue => {
    const change = changes.has(measure) ? changes.get(measure) : known?.[measure];
    return change === 'default' ? undefined : change;
  };
  const [requestsPerMinute, tokensPerDay] = [changed('requestsPerMinute'), changed('tokensPerDay')];
  if (requestsPerMinute === undefined && tokensPerDay === undefined) await policy.removeLimit(subject);
  else await policy.setLimit({ ...subject, requestsPerMinute, tokensPerDay });
  await audit(
    `${subject.kind} ${nameOf(subject)} ${requestsPerMinute ?? 'default'}/min ${tokensPerDay ?? 'default'}/day`,
  );
  const inGroup = context.turn.message.place.kind === 'group';
  const whom = inGroup && subject.id !== '' ? words.one[language] : subjectWords(subject, language);
  const shown = { ...subject, requestsPerMinute, tokensPerDay };
  return { markdown: words.done(whom, amounts(policy.current(), shown, language))[language] };
}

async function mark(context: CommandContext, written: string, vip: boolean): Promise<CommandAnswer> {
  const { language, services, audit } = context;
  const entries = readEntries(written, services.platforms) ?? [];
  if (entries.length === 0 || entries.some(({ kind }) => kind !== 'person'))
    return { markdown: words.usage[language] };
  for (const { platform, id } of entries) await services.policy.setVip({ platform, id }, vip);
  await audit(`${vip ? 'vip' : 'normal'} ${entries.map(nameOf).join(' ')}`);
  return { markdown: (vip ? words.nowVip : words.nowNormal)(entries.length)[language] };
}

const nameOf = ({ kind, platform, id }: { kind: string; platform: string; id: string }): string =>
  id === '' ? '' : `${platform}:${kind === 'chat' ? 'chat:' : ''}${id}`;

function subjectWords(subject: Subject, language: Language): string {
  if (subject.kind === 'person' || subject.kind === 'chat') return asCode(nameOf(subject));
  return words.kinds[subject.kind][language];
}

/** What holds: the value set here, otherwise what the wider limit says. */
function amounts(policy: Policy, limit: Limit, language: Language): string {
  const general = { person: 'each-person', chat: 'each-chat' } as const;
  const value = (measure: Measure): LimitValue => {
    const { kind } = limit;
    const wider = kind === 'person' || kind === 'chat' ? general[kind] : kind;
    return limit[measure] ?? generalLimit(policy, wider, measure);
  };
  return [
    valueWords('requestsPerMinute', value('requestsPerMinute')),
    valueWords('tokensPerDay', value('tokensPerDay')),
  ]
    .map((words) => words[language])
    .join(language === 'zh' ? '，' : ', ');
}

/** Names nobody in a group: ids are read in the direct chat. */
function overview(context: CommandContext): CommandAnswer {
  const { language, services, turn } = context;
  const policy = services.policy.current();
  const general = (Object.keys(defaultLimits) as (keyof typeof defaultLimits)[]).map((kind) => [
    words.kinds[kind][language],
    ...(['requestsPerMinute', 'tokensPerDay'] as const).map(
      (measure) => valueWords(measure, generalLimit(policy, kind, measure))[language],
    ),
  ]);
  const table: FactBlock = {
    type: 'table',
    columns: [words.whom, words.perMinute, words.perDay].map((word) => word[language]),
    rows: general,
  };
  if (turn.message.place.kind === 'group') return { markdown: words.title[language], facts: [table] };
  const own = policy.limits
    .filter(({ id }) => id !== '')
    .map((limit) => `- ${asCode(nameOf(limit))}: ${amounts(policy, limit, language)}`);
  const vips = policy.vips.map(({ platform, id }) => `- ${asCode(`${platform}:${id}`)}`);
  const lines = [
    words.title[language],
    ...(own.length === 0 ? [] : ['', words.own[language], ...own]),
    ...(vips.length === 0 ? [] : ['', words.vips[language], ...vips]),
    '',
    words.usage[language],
  ];
  return { markdown: lines.join('\n'), facts: [table] };
}
