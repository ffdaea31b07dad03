import type { Announcement, Broadcasts } from '../core/broadcast.ts';
import { confirmWithinMs } from '../core/broadcast.ts';
import { TurnStopped } from '../core/running.ts';
import { broadcastWords as words, type PlatformShare } from '../reply/notices/broadcast.ts';
import { summaries } from '../reply/notices/commands.ts';
import type { Language } from '../store/store.ts';
import type { Command, CommandAnswer, CommandContext, GrowingPart } from './command.ts';

/** `/broadcast <text>` asks, `/broadcast confirm <code>` sends, `/broadcast stop` ends it. */
export const broadcast: Command = {
  name: 'broadcast',
  aliases: ['广播', '公告', '通知', 'announce'],
  slashOnly: true,
  summary: summaries.broadcast,
  access: 'administrators',
  run: async (context) => {
    const { argument } = context;
    if (argument === '') return { markdown: words.usage[context.language] };
    if (/^(?:stop|停止)[\s\p{P}]*$/iu.test(argument)) return stop(context);
    const code = /^(?:confirm|确认)\s*([a-z0-9]{0,8})[\s\p{P}]*$/iu.exec(argument.normalize('NFKC'))?.[1];
    return code === undefined ? announce(context) : confirm(context, code.toLowerCase());
  },
};

async function announce({
  turn,
  asker,
  argument,
  language,
  services,
  audit,
}: CommandContext): Promise<CommandAnswer> {
  const asked = await services.broadcasts.announce(argument, asker, turn.acceptedAt);
  if (asked.state === 'nobody') return { markdown: words.nobody(asked.audience.unreachable)[language] };
  if (asked.state === 'too-long') return { markdown: words.tooLong(asked.adapter, asked.maxBytes)[language] };
  await audit(`asked ${asked.code}: ${asked.audience.recipients.length} chats`);
  return { markdown: invitation(asked, argument, language) };
}

function invitation(
  { audience, code }: Extract<Announcement, { state: 'ready' }>,
  text: string,
  language: Language,
): string {
  const shares = sharesOf(audience).map((share) => `- ${words.share(share)[language]}`);
  return [
    words.ready(audience.recipients.length)[language],
    shares.join('\n'),
    ...(audience.unreachable === 0 ? [] : [words.unreachable(audience.unreachable)[language]]),
    words.text[language],
    text,
    '---',
    words.confirm(code, confirmWithinMs / 60_000)[language],
  ].join('\n\n');
}

function sharesOf({ recipients }: Extract<Announcement, { state: 'ready' }>['audience']): PlatformShare[] {
  return [...Map.groupBy(recipients, ({ platform }) => platform)].map(([platform, chats]) => {
    const groups = chats.filter(({ kind }) => kind === 'group').length;
    return { platform, groups, direct: chats.length - groups };
  });
}

async function confirm(context: CommandContext, code: string): Promise<CommandAnswer> {
  const { turn, asker, language, services, audit, signal } = context;
  // A turn that was taken up again after a crash has begun it already.
  const again = turn.attempts > 0 || turn.parts.length > 0;
  const confirmed = await services.broadcasts.confirm(code, asker, turn.acceptedAt, again);
  await audit(`confirm ${code}: ${confirmed.state}`);
  if (confirmed.state === 'unknown') return { markdown: words.unknownCode[language] };
  if (confirmed.state === 'busy') return { markdown: words.busy[language] };
  return { growing: follow(services.broadcasts, confirmed.id, language, signal) };
}

/** Shows how far it has come; whoever stops this reply stops the broadcast. */
async function* follow(
  broadcasts: Broadcasts,
  id: string,
  language: Language,
  signal: AbortSignal,
): AsyncGenerator<GrowingPart, void> {
  for await (const { tally, ended } of broadcasts.watch(id, signal)) {
    if (ended) yield { markdown: words.outcome(tally)[language] };
    else {
      const total = [...tally.values()].reduce((sum, count) => sum + count, 0);
      const left = (tally.get('waiting') ?? 0) + (tally.get('sending') ?? 0);
      yield { progress: words.progress(total - left, total)[language] };
    }
  }
  const reason: unknown = signal.reason;
  if (reason instanceof TurnStopped && reason.reason !== 'shutting-down' && reason.reason !== 'gone')
    await broadcasts.stop();
}

async function stop({ language, services, audit }: CommandContext): Promise<CommandAnswer> {
  const stopped = await services.broadcasts.stop();
  await audit(`stopped ${stopped.length}`);
  if (stopped.length === 0) return { markdown: words.nothingToStop[language] };
  return { markdown: stopped.map((tally) => words.outcome(tally)[language]).join('\n\n') };
}
