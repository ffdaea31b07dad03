import { createReport, markdownForm, nameOfCheck, nameOfSubject } from '../diagnosis/report.ts';
import { summaries } from '../reply/notices/commands.ts';
import { doctorWords } from '../reply/notices/doctor.ts';
import type { Command, CommandContext, GrowingPart } from './command.ts';

/** `/doctor`, or `/doctor bench` for the benchmark as well. */
export const doctor: Command = {
  name: 'doctor',
  aliases: ['诊断', '体检', 'diagnose'],
  summary: summaries.doctor,
  access: 'administrators',
  run: async (context) => {
    const { turn, language, services } = context;
    if (turn.message.place.kind === 'direct') return { growing: examine(context) };
    // The report names hosts and ids, which are nothing for a group.
    const tell = services.inDirectChat(turn);
    if (tell === undefined) return { markdown: doctorWords.useDirectChat[language] };
    return { growing: examineElsewhere(context, tell) };
  },
};

type Tell = (markdown: string, signal: AbortSignal) => Promise<void>;

async function* examineElsewhere(context: CommandContext, tell: Tell): AsyncGenerator<GrowingPart, void> {
  const { language, signal } = context;
  yield { progress: doctorWords.checkingAll[language] };
  let report = '';
  for await (const part of examine(context)) if ('markdown' in part) report += part.markdown;
  if (signal.aborted) return;
  const told = await tell(report, signal).then(
    () => true,
    () => false, // not every platform lets a bot begin a direct chat; the line says what to do
  );
  yield { markdown: (told ? doctorWords.seeDirectChat : doctorWords.useDirectChat)[language] };
}

async function* examine({
  argument,
  language,
  services,
  signal,
}: CommandContext): AsyncGenerator<GrowingPart, void> {
  const report = createReport(markdownForm, language);
  const benchmark = /^-*bench/i.test(argument);
  for await (const event of services.diagnose({ benchmark }, signal)) {
    if (event.type === 'done') yield { markdown: paragraph(report.add(event)) };
    else {
      const names = [nameOfSubject(event.subject, language), nameOfCheck(event.code, language)] as const;
      yield { progress: doctorWords.checking(...names)[language] };
    }
  }
  if (!signal.aborted) yield { markdown: report.conclude().join('\n') };
}

const paragraph = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
