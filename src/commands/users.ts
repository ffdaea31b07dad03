import { writeEntry } from '../config/access.ts';
import type { PersonRef } from '../store/policy.ts';
import type { KnownPerson } from '../store/people-list.ts';
import { summaries } from '../reply/notices/commands.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import { users as words } from '../reply/notices/people.ts';
import type { Language } from '../store/store.ts';
import { addedByCode } from '../core/admin-code.ts';
import type { Policy } from '../core/policy.ts';
import type { Command, CommandAnswer, CommandContext } from './command.ts';
import { readEntries } from './read-entries.ts';
import { asCode, asName, privately } from './shown.ts';

const listedSinceMs = 30 * 24 * 60 * 60_000;
/** Looked through at most, those seen last first; and shown, so that a phone can hold it. */
const maxSearched = 2_000;
const maxShown = 30;

/** `/users`, `/users <part of an id or name>`, `/users admin <entry>`, `/users user <entry>`. */
export const users: Command = {
  name: 'users',
  aliases: ['用户', '人员'],
  summary: summaries.users,
  access: 'administrators',
  run: async (context) => {
    const [, verb = '', whom = ''] = /^(\S+)\s+(\S.*)$/s.exec(context.argument) ?? [];
    if (/^(admin|管理员)$/i.test(verb))
      return { markdown: (await setRole(context, whom, true))[context.language] };
    if (/^(user|普通用户|用户)$/i.test(verb))
      return { markdown: (await setRole(context, whom, false))[context.language] };
    return list(context);
  },
};

async function setRole(context: CommandContext, written: string, admin: boolean): Promise<Phrase> {
  const { asker, services, audit } = context;
  const [entry, ...others] = readEntries(written, services.platforms) ?? [];
  if (entry?.kind !== 'person' || others.length > 0) return words.onePerson;
  const { policy } = services;
  const detail = `${writeEntry(entry)}=${admin ? 'admin' : 'user'}`;
  const refusal = refusalOf(policy.current(), entry, admin);
  if (refusal !== undefined) {
    await audit(detail, false);
    return refusal;
  }
  const by = `${asker.platform}:${asker.person}`;
  if (admin) {
    // Nobody is both: a denial would come back to life with the role's end, when nobody remembers it.
    if (isDenied(policy.current(), entry)) await policy.removeRule(entry);
    await policy.addAdministrator({ ...entry, addedAt: services.now(), addedBy: by });
  } else await policy.removeAdministrator(entry);
  await audit(detail);
  return admin ? words.made : words.unmade;
}

function refusalOf(
  { configured, administrators }: Policy,
  person: PersonRef,
  admin: boolean,
): Phrase | undefined {
  const inConfiguration = configured.admins.some((known) => isSamePerson(known, person));
  const added = administrators.some((known) => isSamePerson(known, person));
  if (admin) return inConfiguration || added ? words.isAdministrator : undefined;
  if (inConfiguration) return words.configured;
  if (!added) return words.isNone;
  return configured.admins.length + administrators.length === 1 ? words.last : undefined;
}

function isSamePerson(one: PersonRef, other: PersonRef): boolean {
  return one.platform === other.platform && one.id === other.id;
}

function isDenied({ rules }: Policy, person: PersonRef): boolean {
  return rules.some((rule) => rule.kind === 'person' && rule.effect === 'deny' && isSamePerson(rule, person));
}

async function list(context: CommandContext): Promise<CommandAnswer> {
  const { argument, language, services } = context;
  const now = services.now();
  const people = await services.store.knownPeople(now - listedSinceMs, maxSearched);
  const policy = services.policy.current();
  const wanted = argument.toLowerCase();
  const found = people.filter((person) => searched(person).includes(wanted));
  const shown = found.slice(0, maxShown).map((person) => personLine(person, policy, now, language));
  const more = found.length > maxShown ? [words.more(found.length - maxShown)[language]] : [];
  const recent =
    found.length === 0
      ? [words.nobody[language]]
      : [words.recent[language], '', ...shown, ...(more.length > 0 ? ['', ...more] : [])];
  const administrators =
    argument === '' ? [words.administrators[language], '', ...administratorLines(context, people), ''] : [];
  const markdown = [...administrators, ...recent, '', words.usage[language]].join('\n');
  return privately(context, markdown, { sent: words.seeDirectChat, ask: words.useDirectChat });
}

const refOf = ({ platform, person }: KnownPerson): PersonRef => ({ platform, id: person });

/** What a filter looks into. The name is for finding people only; what is done to them goes by the id. */
function searched({ platform, person, name }: KnownPerson): string {
  return `${platform}:${person} ${name ?? ''}`.toLowerCase();
}

function personLine(person: KnownPerson, policy: Policy, now: number, language: Language): string {
  const { platform, person: id, name, questions, lastSeen } = person;
  const vip = policy.vips.some((known) => isSamePerson(known, refOf(person)));
  const parts = [
    `${asCode(`${platform}:${id}`)} ${asName(name ?? '')}`.trim(),
    words.questions(questions)[language],
    words.ago(now - lastSeen)[language],
    ...(vip ? [words.vip[language]] : []),
    ...(isDenied(policy, refOf(person)) ? [words.denied[language]] : []),
  ];
  return `- ${parts.join(' · ')}`;
}

function administratorLines(
  { language, services }: CommandContext,
  people: readonly KnownPerson[],
): readonly string[] {
  const { configured, administrators } = services.policy.current();
  const line = (person: PersonRef, origin: string): string => {
    const name = people.find((known) => isSamePerson(refOf(known), person))?.name ?? '';
    return `- ${`${asCode(`${person.platform}:${person.id}`)} ${asName(name)}`.trim()} · ${origin}`;
  };
  return [
    ...configured.admins.map((person) => line(person, words.fromConfiguration[language])),
    ...administrators.map((person) =>
      line(
        person,
        (person.addedBy === addedByCode ? words.byCode : words.addedBy(asCode(person.addedBy)))[language],
      ),
    ),
  ];
}
