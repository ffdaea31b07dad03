import type { AllowEntry } from '../config/types.ts';
import { accessMode, accessModeSetting, type AccessMode } from '../core/access.ts';
import { summaries } from '../reply/notices/commands.ts';
import { access as words, type AccessOutcome } from '../reply/notices/people.ts';
import { accessOverview, isSame, listOf, outcomeDetail, outcomeLines } from './access-list.ts';
import type { Command, CommandAnswer, CommandContext } from './command.ts';
import { readEntries } from './read-entries.ts';

const modes: ReadonlyMap<string, AccessMode> = new Map([
  ['listed', 'listed'],
  ['list', 'listed'],
  ['名单', 'listed'],
  ['everyone', 'everyone'],
  ['all', 'everyone'],
  ['所有人', 'everyone'],
]);

/** `/allow`, `/allow <entries>`, `/allow listed`, `/allow everyone`. */
export const allow: Command = {
  name: 'allow',
  aliases: ['允许', '放行'],
  slashOnly: true,
  summary: summaries.allow,
  access: 'administrators',
  run: async (context) => {
    const { argument, language, services } = context;
    if (argument === '') return accessOverview(context);
    const mode = modes.get(argument.toLowerCase());
    if (mode !== undefined) return setMode(context, mode);
    const entries = readEntries(argument, services.platforms);
    if (entries === undefined) return { markdown: words.notAnId[language] };
    return allowAll(context, entries);
  },
};

async function setMode(context: CommandContext, mode: AccessMode): Promise<CommandAnswer> {
  const { language, services, audit } = context;
  const { policy } = services;
  if (mode === 'everyone' && policy.current().configured.allow !== undefined) {
    await audit('mode=everyone', false);
    return { markdown: words.fixedByConfiguration[language] };
  }
  await policy.setSetting(accessModeSetting, mode === 'listed' ? 'listed' : undefined);
  await audit(`mode=${mode}`);
  const said = mode === 'listed' ? words.nowListed(listOf(policy.current()).length) : words.nowEveryone;
  return { markdown: said[language] };
}

async function allowAll(context: CommandContext, entries: readonly AllowEntry[]): Promise<CommandAnswer> {
  const { language, services, audit } = context;
  const outcomes: { readonly entry: AllowEntry; readonly outcome: AccessOutcome }[] = [];
  for (const entry of entries) outcomes.push({ entry, outcome: await allowOne(context, entry) });
  await audit(outcomeDetail(outcomes));
  const denials = services.policy.current().rules.filter(({ effect }) => effect === 'deny');
  const overruled = entries.some(({ kind, platform }) =>
    denials.some((rule) => kind !== 'platform' && rule.kind === 'platform' && rule.platform === platform),
  );
  const notes = overruled ? [words.platformStillDenied[language]] : [];
  return { markdown: [outcomeLines(context, outcomes), ...notes].join('\n\n') };
}

/** Takes a denial back and, where only a list may ask, puts the entry on it. */
async function allowOne({ asker, services }: CommandContext, entry: AllowEntry): Promise<AccessOutcome> {
  const { policy } = services;
  const now = policy.current();
  const denied = now.rules.some((rule) => rule.effect === 'deny' && isSame(rule, entry));
  const listed = listOf(now).some((known) => isSame(known, entry));
  if (accessMode(now) === 'everyone') {
    if (!denied) return 'mayAskAnyway';
    await policy.removeRule(entry);
    return 'denialLifted';
  }
  if (listed && !denied) return 'alreadyListed';
  const by = `${asker.platform}:${asker.person}`;
  // One rule for each entry: the allowance takes the denial's place.
  await (listed
    ? policy.removeRule(entry)
    : policy.setRule({ ...entry, effect: 'allow', at: services.now(), by }));
  return denied ? 'denialLifted' : 'listed';
}
