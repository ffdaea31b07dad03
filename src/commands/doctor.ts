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
    const { turn, language } = context;
    // The report names hosts and ids, which are nothing for a group.
    if (turn.message.place.kind === 'group') return { markdown: doctorWords.useDirectChat[language] };
    return { growing: examine(context) };
  },
};

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
