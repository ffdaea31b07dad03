import type { AllowEntry } from '../config/types.ts';
import type { ChatKey, PersonKey } from '../contract/ids.ts';
import { summaries } from '../reply/notices/commands.ts';
import { access as words, type AccessOutcome } from '../reply/notices/people.ts';
import { accessOverview, isSame, outcomeDetail, outcomeLines } from './access-list.ts';
import type { Command, CommandContext } from './command.ts';
import { readEntries } from './read-entries.ts';

/** `/deny`, `/deny <entries>`. A denial outweighs every permission; administrators keep theirs. */
export const deny: Command = {
  name: 'deny',
  aliases: ['禁止', '拉黑'],
  slashOnly: true,
  summary: summaries.deny,
  access: 'administrators',
  run: async (context) => {
    const { argument, language, services, audit } = context;
    if (argument === '') return accessOverview(context);
    const entries = readEntries(argument, services.platforms);
    if (entries === undefined) return { markdown: words.notAnId[language] };
    const outcomes: { readonly entry: AllowEntry; readonly outcome: AccessOutcome }[] = [];
    for (const entry of entries) outcomes.push({ entry, outcome: await denyOne(context, entry) });
    await audit(
      outcomeDetail(outcomes),
      outcomes.some(({ outcome }) => outcome !== 'administrator'),
    );
    return { markdown: outcomeLines(context, outcomes) };
  },
};

/** One rule for each entry: the denial takes an allowance's place. */
async function denyOne({ asker, services }: CommandContext, entry: AllowEntry): Promise<AccessOutcome> {
  const { policy, access } = services;
  const { kind, platform, id } = entry;
  if (kind === 'person' && access.isAdmin({ platform, person: id as PersonKey, chat: '' as ChatKey }))
    return 'administrator';
  const denied = policy.current().rules.some((rule) => rule.effect === 'deny' && isSame(rule, entry));
  if (denied) return 'alreadyDenied';
  const by = `${asker.platform}:${asker.person}`;
  await policy.setRule({ ...entry, effect: 'deny', at: services.now(), by });
  return 'denied';
}
