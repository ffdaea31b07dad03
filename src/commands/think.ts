import { canSwitchThinking } from '../model/think-habits.ts';
import { commandWords, summaries, thinking as words } from '../reply/notices/commands.ts';
import type { Command } from './command.ts';

const spellings: ReadonlyMap<string, boolean | 'default'> = new Map<string, boolean | 'default'>([
  ['on', true],
  ['开', true],
  ['打开', true],
  ['开启', true],
  ['off', false],
  ['关', false],
  ['关闭', false],
  ['auto', 'default'],
  ['default', 'default'],
  ['默认', 'default'],
]);

export const think: Command = {
  name: 'think',
  aliases: ['思考', '深度思考'],
  summary: summaries.think,
  access: 'everyone',
  run: async ({ turn, argument, language, services }) => {
    const { scopes } = services.store;
    const spelled = spellings.get(argument.toLowerCase());
    if (spelled === undefined) {
      const current = await scopes.thinking(turn.scope);
      const state = current === undefined ? words.byDefault : current ? words.isOn : words.isOff;
      return { markdown: `${state[language]}\n\n${commandWords.thinkUsage[language]}` };
    }
    const thinking = spelled === 'default' ? undefined : spelled;
    await scopes.setThinking(turn.scope, thinking);
    const done = thinking === undefined ? words.toDefault : thinking ? words.toOn : words.toOff;
    // Said here rather than left to be found out: some models have no switch.
    const fixed = thinking !== undefined && services.models().some((name) => !canSwitchThinking(name));
    return { markdown: fixed ? `${done[language]}\n\n${words.noSwitch[language]}` : done[language] };
  },
};
