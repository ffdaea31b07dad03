import type { Check } from '../contract/adapter.ts';
import { checkWords, doctorWords, serverCheckWords } from '../reply/notices/doctor.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import type { Language } from '../store/store.ts';
import type { CheckCode, CheckResult } from './check.ts';
import type { DoctorEvent, Subject } from './diagnose.ts';

type Done = Extract<DoctorEvent, { type: 'done' }>;

const marks = { passed: '✓', failed: '✗', unknown: '?', skipped: '–' } as const;

export function nameOfCheck(code: CheckCode | Check['code'], language: Language): string {
  const names: Readonly<Record<string, Phrase>> = { ...checkWords, ...serverCheckWords };
  return names[code]?.[language] ?? code;
}

export function nameOfSubject({ part, id }: Subject, language: Language): string {
  switch (part) {
    case 'configuration':
      return doctorWords.configuration[language];
    case 'model':
      return doctorWords.modelServer(id)[language];
    case 'vision':
      return doctorWords.visionServer(id)[language];
    case 'platform':
      return doctorWords.platform(id)[language];
  }
}

function inLanguage(words: CheckResult['evidence'], language: Language): string {
  return typeof words === 'string' ? words : words[language];
}

/** How a report is written: plainly for the terminal, as Markdown for a chat. */
export type ReportForm = {
  readonly heading: (subject: string, first: boolean) => readonly string[];
  readonly check: (mark: string, name: string, rest: readonly string[]) => string;
  readonly evidence: (words: string) => string;
  readonly detail: (line: string) => string;
  readonly conclusion: (line: string) => readonly string[];
};

export const plainForm: ReportForm = {
  heading: (subject, first) => (first ? [subject] : ['', subject]),
  check: (mark, name, rest) => `  ${[`${mark} ${name}`, ...rest].join(' · ')}`,
  evidence: (words) => words,
  detail: (line) => `      ${line}`,
  conclusion: (line) => ['', line],
};

export const markdownForm: ReportForm = {
  heading: (subject, first) => (first ? [`**${subject}**`, ''] : ['', `**${subject}**`, '']),
  check: (mark, name, rest) => `- ${[`${mark} ${name}`, ...rest].join(' · ')}`,
  // A server's own words are data: nothing in them is formatting.
  evidence: (words) => `\`${words.replaceAll('`', '’')}\``,
  detail: (line) => `  - ${line}`,
  conclusion: (line) => ['', `**${line}**`],
};

export type Report = {
  /** The lines that this event adds to the report. */
  add(event: Done): readonly string[];
  /** The last lines: the one thing to do. */
  conclude(): readonly string[];
  /** True when no check has failed and the report is whole. */
  well(): boolean;
  /** Everything so far, for machines. */
  results(): readonly Done[];
};

/** Turns what the doctor does into lines; a line once given out never changes. */
export function createReport(form: ReportForm, language: Language): Report {
  const results: Done[] = [];
  const failed = (): readonly Done[] => results.filter(({ result }) => result.state === 'failed');
  let shown: string | undefined;

  function details({ missing, link, cause, remedy, state }: CheckResult): string[] {
    const inline = form.evidence === plainForm.evidence;
    return [
      ...(missing ?? []).map((name) => `${doctorWords.missing[language]}${name}`),
      ...(link === undefined || state === 'passed' ? [] : [link]),
      ...(cause === undefined ? [] : [`${doctorWords.cause[language]}${cause[language]}`]),
      ...(remedy === undefined ? [] : [`${doctorWords.remedy[language]}${remedy[language]}`]),
    ].map((line) => form.detail(inline ? line : line.replaceAll('*', '\\*')));
  }

  return {
    add(event) {
      results.push(event);
      const { subject, code, result } = event;
      const name = nameOfSubject(subject, language);
      const heading = name === shown ? [] : form.heading(name, shown === undefined);
      shown = name;
      const { state, durationMs, evidence } = result;
      const said = inLanguage(evidence, language);
      const rest =
        state === 'skipped'
          ? [said === '' ? doctorWords.skipped[language] : said]
          : [`${durationMs} ms`, ...(said === '' ? [] : [form.evidence(said)])];
      return [...heading, form.check(marks[state], nameOfCheck(code, language), rest), ...details(result)];
    },
    conclude() {
      const [first] = failed().filter(({ result }) => result.remedy !== undefined);
      if (first === undefined) {
        const unsure = results.filter(({ result }) => result.state === 'unknown').length;
        const words = unsure === 0 ? doctorWords.allWell : doctorWords.nothingFailed(unsure);
        return form.conclusion(words[language]);
      }
      const { cause, remedy } = first.result;
      const whose = first.subject.part === 'platform' ? first.subject.id : '';
      const gap = language === 'en' ? ' ' : '';
      const sentence = `${cause?.[language] ?? ''}${gap}${remedy?.[language] ?? ''}`;
      return form.conclusion(`${doctorWords.oneThing(whose)[language]}${sentence}`);
    },
    well: () => failed().length === 0,
    results: () => results,
  };
}

/** The report for machines: one object, the same facts as the lines. */
export function reportAsJson(report: Report, language: Language): string {
  const checks = report.results().map(({ subject, code, result }) => {
    const { cause, remedy, causeCode, evidence, ...rest } = result;
    return {
      part: subject.part,
      subject: subject.id,
      code,
      ...rest,
      evidence: inLanguage(evidence, language),
      ...(causeCode === undefined ? {} : { causeCode }),
      ...(cause === undefined ? {} : { cause: cause[language] }),
      ...(remedy === undefined ? {} : { remedy: remedy[language] }),
    };
  });
  const advice = report.conclude().filter((line) => line !== '');
  return JSON.stringify({ ok: report.well(), advice: advice.join(' '), checks }, undefined, 2);
}
