import { limitFor, type LimitOwner } from '../core/limits.ts';
import { scopeKindOfKey } from '../core/scope.ts';
import { summaries, whoami as words } from '../reply/notices/commands.ts';
import { memories } from '../reply/notices/endings.ts';
import { allowance } from '../reply/notices/memory.ts';
import { count, phrase, type Phrase } from '../reply/notices/phrase.ts';
import type { Of } from '../store/use-counter.ts';
import type { Command, CommandContext } from './command.ts';

type Line = readonly [title: Phrase, value: Phrase];

export const whoami: Command = {
  name: 'whoami',
  aliases: ['我是谁', 'me'],
  summary: summaries.whoami,
  access: 'everyone',
  run: async (asked) => {
    const { turn, asker, language } = asked;
    const chat: Line = [words.chat, same(`\`${asker.platform}:chat:${asker.chat}\``)];
    const lines: readonly Line[] = [
      [words.entry, same(`\`${asker.platform}:${asker.person}\``)],
      ...(turn.message.place.kind === 'group' ? [chat] : []),
      [words.role, roleOf(asked)],
      [words.memory, memories[scopeKindOfKey(turn.scope)]],
      ...(await allowances(asked)),
      [words.language, same(language === 'zh' ? '中文' : 'English')],
    ];
    const colon = language === 'zh' ? '：' : ': ';
    return {
      markdown: lines.map(([title, value]) => `- ${title[language]}${colon}${value[language]}`).join('\n'),
    };
  },
};

const same = (text: string): Phrase => phrase(text, text);

function roleOf({ asker, services }: CommandContext): Phrase {
  if (services.access.isAdmin(asker)) return words.admin;
  const { vips } = services.policy.current();
  const privileged = vips.some(({ platform, id }) => platform === asker.platform && id === asker.person);
  return privileged ? allowance.privileged : words.employee;
}

const owners: readonly LimitOwner[] = ['person', 'chat', 'all'];

/** One's own limits always; those of the chat and of everybody where there are any. */
async function allowances({ turn, asker, services }: CommandContext): Promise<readonly Line[]> {
  const { platform, adapter, chat } = turn.message.place;
  const whose: Readonly<Record<LimitOwner, Of>> = {
    person: { platform, person: asker.person },
    chat: { adapter, chat },
    all: {},
  };
  const policy = services.policy.current();
  const lines: Line[] = [];
  for (const owner of owners) {
    const named = (title: Phrase): Phrase =>
      phrase(`${title.zh}${allowance.owners[owner].zh}`, `${title.en}${allowance.owners[owner].en}`);
    const perMinute = limitFor(policy, owner, asker, 'requestsPerMinute');
    if (typeof perMinute === 'number')
      lines.push([named(allowance.perMinute), allowance.atMost(count(perMinute))]);
    else if (owner === 'person') lines.push([allowance.perMinute, allowance.unlimited]);
    const perDay = limitFor(policy, owner, asker, 'tokensPerDay');
    if (typeof perDay !== 'number' && owner !== 'person') continue;
    const used = count(await services.store.counter.tokensSince(whose[owner], services.startOf('day')));
    const value =
      typeof perDay === 'number' ? allowance.used(used, count(perDay)) : allowance.usedFreely(used);
    lines.push([named(allowance.today), value]);
  }
  return lines;
}
