import type { Place } from '../contract/inbound.ts';
import { chatSettings, groupContextOf } from '../core/policy.ts';
import type { GroupContext } from '../core/scope.ts';
import { summaries } from '../reply/notices/commands.ts';
import { memory as words } from '../reply/notices/memory.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import type { Command, CommandContext } from './command.ts';

const spellings: ReadonlyMap<string, GroupContext | 'default'> = new Map([
  ['user', 'user'],
  ['person', 'user'],
  ['个人', 'user'],
  ['group', 'group'],
  ['全组', 'group'],
  ['全群', 'group'],
  ['default', 'default'],
  ['默认', 'default'],
] as const);

export const context: Command = {
  name: 'context',
  aliases: ['上下文', '对话范围', 'scope'],
  summary: summaries.context,
  access: 'everyone',
  run: async (asked) => {
    const { turn, argument, language, services } = asked;
    const { place } = turn.message;
    const fixed = fixedWords(place);
    if (fixed !== undefined) {
      const lines = argument === '' ? [fixed] : [fixed, words.fixed];
      return { markdown: lines.map((line) => line[language]).join('') };
    }
    const wanted = spellings.get(argument.toLowerCase());
    const policy = services.policy.current();
    const before = groupContextOf(policy, place);
    if (wanted === undefined) {
      const chosen = chatSettings(policy, place)?.context;
      const mark = chosen === undefined ? words.isDefault[language] : '';
      return { markdown: `${words[before][language]}${mark}\n\n${words.usage[language]}` };
    }
    const refusal = await refusalOf(asked);
    if (refusal !== undefined) {
      await asked.audit(`chat ${place.chat} context ${wanted}`, false);
      return { markdown: refusal[language] };
    }
    await services.policy.setChat(place, { context: wanted === 'default' ? undefined : wanted });
    const after = groupContextOf(services.policy.current(), place);
    await asked.audit(`chat ${place.chat} context ${before} -> ${wanted}`);
    return { markdown: (after === 'group' ? words.toGroup : words.toUser)[language] };
  },
};

function fixedWords({ kind, topic }: Place): Phrase | undefined {
  if (kind === 'direct') return words.direct;
  return topic === undefined ? undefined : words.topic;
}

/** Undefined: this person may. Decided by the platform's ids; a message whose sender is not proven steers nothing. */
async function refusalOf({ turn, asker, services, signal }: CommandContext): Promise<Phrase | undefined> {
  const { place, sender, forgeable } = turn.message;
  if (forgeable === true) return words.refused;
  if (services.access.isAdmin(asker)) return undefined;
  const owner = await services.ownerOf(place, signal);
  if (owner === undefined) return words.refusedWithoutOwner;
  return owner !== '' && owner === sender.key ? undefined : words.refused;
}
