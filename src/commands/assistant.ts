import { assistantInForce, assistantNamed } from '../assistants/in-force.ts';
import { plainName, type Assistant } from '../assistants/types.ts';
import { chatSettings } from '../core/policy.ts';
import { assistantWords as words } from '../reply/notices/assistants.ts';
import { summaries } from '../reply/notices/commands.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import { reloadAssistants } from './assistant-reload.ts';
import type { Command, CommandAnswer, CommandContext } from './command.ts';

type Verb = 'default' | 'bind' | 'unbind' | 'reload';

const spellings: ReadonlyMap<string, Verb> = new Map([
  ['default', 'default'],
  ['默认', 'default'],
  ['bind', 'bind'],
  ['绑定', 'bind'],
  ['unbind', 'unbind'],
  ['解绑', 'unbind'],
  ['reload', 'reload'],
  ['重新加载', 'reload'],
] as const);

export const assistant: Command = {
  name: 'assistant',
  aliases: ['助手', '角色', 'assistants'],
  summary: summaries.assistant,
  access: 'everyone',
  run: async (asked) => {
    const { turn, argument, language, services } = asked;
    if (argument === '') return { markdown: await overview(asked) };
    const [first = '', ...rest] = argument.split(/\s+/);
    const verb = spellings.get(plainName(first));
    switch (verb) {
      case 'bind':
        return bind(asked, rest.join(' '));
      case 'unbind':
        return unbind(asked);
      case 'reload':
        return reloadAssistants(asked, steers(asked));
      case 'default':
        await services.store.scopes.choose(turn.scope, { assistant: undefined });
        return { markdown: words.reset(await present(asked))[language] };
      case undefined:
        return choose(asked);
    }
  },
};

/** Administrators, as long as the message is proven to be theirs. */
function steers({ turn, asker, services }: CommandContext): boolean {
  return turn.message.forgeable !== true && services.access.isAdmin(asker);
}

/** Those this person may choose; of the others they do not hear. */
function open(asked: CommandContext): readonly Assistant[] {
  const all = steers(asked);
  return asked.services.assistants.current().all.filter(({ access }) => all || access === 'all');
}

/** By name, or by its title in either language. */
function find(asked: CommandContext, written: string): Assistant | undefined {
  const choices = open(asked);
  const named = assistantNamed({ ...asked.services.assistants.current(), all: choices }, written);
  const spelled = plainName(written);
  return (
    named ?? choices.find(({ title }) => [title.zh, title.en].some((word) => plainName(word) === spelled))
  );
}

async function choose(asked: CommandContext): Promise<CommandAnswer> {
  const { turn, argument, language, services } = asked;
  const found = find(asked, argument);
  if (found === undefined) return notFound(asked, argument);
  await services.store.scopes.choose(turn.scope, { assistant: found.name });
  return { markdown: words.chosen(found.title)[language] };
}

async function notFound(asked: CommandContext, written: string): Promise<CommandAnswer> {
  const { language, services, audit } = asked;
  // A refusal like any other, although it must not be told from a name that does not exist.
  const closed = assistantNamed(services.assistants.current(), written);
  if (closed !== undefined) await audit(`assistant ${closed.name}`, false);
  return { markdown: `${words.unknown[language]}\n\n${listOf(asked)}` };
}

async function bind(asked: CommandContext, written: string): Promise<CommandAnswer> {
  const { turn, language, services, audit } = asked;
  const { place } = turn.message;
  if (!(await mayBind(asked))) {
    await audit(`chat ${place.chat} bind`, false);
    return { markdown: words.refusedToBind[language] };
  }
  if (written === '') return { markdown: words.bindWhich[language] };
  const found = find(asked, written);
  if (found === undefined) return notFound(asked, written);
  const before = chatSettings(services.policy.current(), place)?.assistant ?? 'none';
  await services.policy.setChat(place, { assistant: found.name });
  await audit(`chat ${place.chat} assistant ${before} -> ${found.name}`);
  return { markdown: words.bound(found.title)[language] };
}

async function unbind(asked: CommandContext): Promise<CommandAnswer> {
  const { turn, language, services, audit } = asked;
  const { place } = turn.message;
  if (!(await mayBind(asked))) {
    await audit(`chat ${place.chat} unbind`, false);
    return { markdown: words.refusedToBind[language] };
  }
  const before = chatSettings(services.policy.current(), place)?.assistant ?? 'none';
  await services.policy.setChat(place, { assistant: undefined });
  await audit(`chat ${place.chat} assistant ${before} -> none`);
  return { markdown: words.unbound(await present(asked))[language] };
}

/** Administrators, and the group's owner where the platform tells who that is; decided by immutable ids. */
async function mayBind(asked: CommandContext): Promise<boolean> {
  const { place, sender, forgeable } = asked.turn.message;
  if (forgeable === true) return false;
  if (steers(asked)) return true;
  const owner = await asked.services.ownerOf(place, asked.signal);
  return owner !== undefined && owner !== '' && owner === sender.key;
}

async function present({ turn, services }: CommandContext): Promise<Phrase> {
  const { place } = turn.message;
  const { assistant: chosen } = await services.store.scopes.choices(turn.scope);
  const bound = chatSettings(services.policy.current(), place)?.assistant;
  const inForce = assistantInForce(services.assistants.current(), { chosen, bound, place });
  if (inForce.assistant === undefined) return words.nobody;
  return words.present(inForce.assistant.title, inForce.assistant.name, inForce.by);
}

async function overview(asked: CommandContext): Promise<string> {
  return `${(await present(asked))[asked.language]}\n\n${listOf(asked)}`;
}

function listOf(asked: CommandContext): string {
  const { language } = asked;
  const choices = open(asked);
  const steward = steers(asked);
  if (choices.length === 0)
    return [words.noneThere, ...(steward ? [words.howToAdd] : [])].map((line) => line[language]).join('');
  const colon = language === 'zh' ? '：' : ': ';
  const lines = choices.map(({ name, title }) => `- \`${name}\`${colon}${title[language]}`);
  const usage = [words.usage, ...(steward ? [words.stewardUsage] : [])].map((line) => line[language]);
  return [words.list[language], '', ...lines, '', ...usage].join('\n');
}
