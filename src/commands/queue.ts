import type { FactBlock } from '../contract/reply.ts';
import type { QueuedQuestion } from '../core/queue.ts';
import { shortId } from '../core/turn.ts';
import { summaries } from '../reply/notices/commands.ts';
import { duration, type Phrase } from '../reply/notices/phrase.ts';
import { queueWords as words } from '../reply/notices/queue.ts';
import type { Command, CommandAnswer, CommandContext } from './command.ts';

/** As many as can be read on a phone; how many more there are is said. */
const maxRows = 30;

/** `/queue` shows, `/queue stop #id` and `/queue stop all` end what is being worked on. */
export const queue: Command = {
  name: 'queue',
  aliases: ['队列', '排队'],
  slashOnly: true,
  summary: summaries.queue,
  access: 'administrators',
  run: async (context) => {
    const { argument, language } = context;
    if (argument === '') return overview(context);
    const target = stopped.exec(argument.normalize('NFKC').toLowerCase())?.groups;
    return target === undefined ? { markdown: words.usage[language] } : stop(context, target['id'] ?? 'all');
  },
};

const stopped = /^(?:stop|停止|停)\s*(?:all|全部|所有|#?\s*(?<id>[a-z0-9]{4,16}))$/;

async function stop({ language, services, audit }: CommandContext, which: string): Promise<CommandAnswer> {
  const ended = await services.queue.stop(which === 'all' ? 'all' : { id: which });
  await audit(`stopped ${which === 'all' ? 'all' : `#${which.slice(0, 4)}`}: ${ended}`);
  if (ended > 0) return { markdown: words.stopped(ended)[language] };
  return { markdown: (which === 'all' ? words.empty : words.unknown)[language] };
}

async function overview({ turn, language, services }: CommandContext): Promise<CommandAnswer> {
  const questions = await services.queue.list();
  if (questions.length === 0) return { markdown: words.empty[language] };
  const waiting = questions.filter(({ ahead }) => ahead > 0).length;
  const more = questions.length > maxRows ? [words.more(questions.length - maxRows)] : [];
  const lines = [words.summary(questions.length - waiting, waiting), ...more, words.usage];
  const table = tableOf(questions.slice(0, maxRows), context(turn, language));
  return { markdown: lines.map((line) => line[language]).join('\n\n'), facts: [table] };
}

type View = {
  readonly language: CommandContext['language'];
  readonly inGroup: boolean;
  readonly now: number;
};

/** Who asks what is nothing for a group. */
const context = ({ acceptedAt, message }: CommandContext['turn'], language: View['language']): View => ({
  language,
  inGroup: message.place.kind === 'group',
  now: acceptedAt,
});

function tableOf(questions: readonly QueuedQuestion[], { language, inGroup, now }: View): FactBlock {
  const columns = [words.id, words.platform, words.state, words.since, ...(inGroup ? [] : [words.person])];
  return {
    type: 'table',
    columns: columns.map((word) => word[language]),
    rows: questions.map(({ turn, state, ahead }) => [
      shortId(turn.id),
      turn.message.place.adapter,
      stateWords(state, ahead)[language],
      duration(now - turn.acceptedAt)[language],
      ...(inGroup ? [] : [`${turn.message.place.platform}:${turn.message.sender.key}`]),
    ]),
  };
}

function stateWords(state: QueuedQuestion['state'], ahead: number): Phrase {
  return state === 'lane' || state === 'line' ? words[state](ahead) : words[state];
}
