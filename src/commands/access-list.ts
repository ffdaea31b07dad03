import { writeEntry } from '../config/access.ts';
import type { AllowEntry } from '../config/types.ts';
import { accessMode } from '../core/access.ts';
import type { Policy } from '../core/policy.ts';
import { access as words, accessOutcomes, type AccessOutcome } from '../reply/notices/people.ts';
import type { Language } from '../store/store.ts';
import type { CommandAnswer, CommandContext } from './command.ts';
import { asCode } from './shown.ts';

/** Entries named in one line of the overview. */
const maxNamed = 30;

export function isSame(one: AllowEntry, other: AllowEntry): boolean {
  return one.kind === other.kind && one.platform === other.platform && one.id === other.id;
}

/** Everybody the list lets in, whether the operator wrote them or an administrator. */
export function listOf({ configured, rules }: Policy): readonly AllowEntry[] {
  return [...(configured.allow ?? []), ...rules.filter(({ effect }) => effect === 'allow')];
}

function deniedBy({ rules }: Policy): readonly AllowEntry[] {
  return rules.filter(({ effect }) => effect === 'deny');
}

function named(entries: readonly AllowEntry[], language: Language): string {
  if (entries.length === 0) return words.nobody[language];
  const shown = entries.slice(0, maxNamed).map((entry) => asCode(writeEntry(entry)));
  const left = entries.length - shown.length;
  return [...shown, ...(left === 0 ? [] : [words.more(left)[language]])].join(
    language === 'zh' ? '、' : ', ',
  );
}

/** Who may ask: the mode, the list and the denials. A group reads no ids. */
export function accessOverview({ turn, language, services }: CommandContext): CommandAnswer {
  const policy = services.policy.current();
  const listed = accessMode(policy) === 'listed';
  const mode = (listed ? words.listed : words.everyone)[language];
  const denied = deniedBy(policy);
  if (turn.message.place.kind !== 'direct') {
    const counts = words.counts(listOf(policy).length, denied.length);
    return { markdown: `${mode}\n\n${counts[language]}` };
  }
  const added = policy.rules.filter(({ effect }) => effect === 'allow');
  const line = (title: string, entries: readonly AllowEntry[]): string =>
    `- ${title}${language === 'zh' ? '：' : ': '}${named(entries, language)}`;
  const lines = [
    ...(policy.configured.allow === undefined
      ? []
      : [line(words.configured[language], policy.configured.allow)]),
    ...(listed || added.length > 0 ? [line((listed ? words.added : words.unused)[language], added)] : []),
    line(words.denied[language], denied),
  ];
  return { markdown: [mode, '', ...lines, '', words.usage[language]].join('\n') };
}

/** What became of each entry: by its id in the direct chat, without ids in a group. */
export function outcomeLines(
  { turn, language }: Pick<CommandContext, 'turn' | 'language'>,
  outcomes: readonly { readonly entry: AllowEntry; readonly outcome: AccessOutcome }[],
): string {
  const said = (outcome: AccessOutcome): string => accessOutcomes[outcome][language];
  if (turn.message.place.kind !== 'direct')
    return [...new Set(outcomes.map(({ outcome }) => said(outcome)))].map((line) => `- ${line}`).join('\n');
  const colon = language === 'zh' ? '：' : ': ';
  return outcomes
    .map(({ entry, outcome }) => `- ${asCode(writeEntry(entry))}${colon}${said(outcome)}`)
    .join('\n');
}

/** For the audit: `platform:id=outcome`, one after the other. */
export function outcomeDetail(
  outcomes: readonly { readonly entry: AllowEntry; readonly outcome: AccessOutcome }[],
): string {
  return outcomes.map(({ entry, outcome }) => `${writeEntry(entry)}=${outcome}`).join(' ');
}
