import type { FactBlock } from '../contract/reply.ts';
import { maintenanceOf } from '../core/policy.ts';
import type { StatusReport } from '../diagnosis/status.ts';
import { summaries } from '../reply/notices/commands.ts';
import { faults } from '../reply/notices/endings.ts';
import { pausedFor } from '../reply/notices/maintenance.ts';
import { count, duration } from '../reply/notices/phrase.ts';
import { failedLately, models as modelWords, status as words } from '../reply/notices/status.ts';
import type { Command } from './command.ts';
import { causesLine, modelTable, platformTable, serverName, stateWords, type View } from './status-tables.ts';

/** Red things first: what is down or went wrong, in words. */
function attention(report: StatusReport, view: View): string[] {
  const { language } = view;
  const colon = language === 'zh' ? '：' : ': ';
  const models = report.models.flatMap(({ description, state, fault }, index) => {
    const why = fault === undefined ? words.down[language] : faults[fault.code][language];
    return state === 'down' ? [`✗ ${serverName(description, index, view)}${colon}${why}`] : [];
  });
  const platforms = report.platforms
    .filter(({ health }) => health.state === 'down' || health.state === 'failed')
    .map(({ id, health }) => `✗ ${id}${colon}${stateWords[health.state][language].replace(/^✗ /, '')}`);
  const { causes } = report.history;
  const failures = causes.reduce((sum, { count: several }) => sum + several, 0);
  const lately = failures === 0 ? [] : [`✗ ${failedLately(failures, causesLine(causes))[language]}`];
  const store = report.storeHealthy ? [] : [`✗ ${words.storeBroken[language]}`];
  return [...models, ...platforms, ...store, ...lately];
}

function figures(report: StatusReport, { language }: View): string[] {
  const today = (state: 'done' | 'failed' | 'interrupted'): string => count(report.today.get(state) ?? 0);
  const megabytes = (report.storeBytes / 1024 / 1024).toFixed(1);
  const colon = language === 'zh' ? '：' : ': ';
  return [
    `${words.answersNow[language]} ${report.answering} · ${words.waiting[language]} ${report.waiting}`,
    `${words.today[language]}${colon}${words.done[language]} ${today('done')} · ${words.failures[language]} ${today('failed')} · ${words.interrupted[language]} ${today('interrupted')}`,
    `${words.version[language]} ${report.version} · ${words.uptime[language]} ${duration(report.uptimeMs)[language]}`,
    `${words.store[language]} ${megabytes} MB`,
  ];
}

/** An hour in which nobody asked has nothing to draw. */
function chart({ history }: StatusReport, { language }: View, timeZone: string): FactBlock[] {
  if (history.answers.every(({ value }) => value === 0)) return [];
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const points = history.answers.map(({ at, value }) => ({ label: clock.format(at), value }));
  const title = modelWords.chart[language];
  return [{ type: 'series', title, unit: modelWords.questions[language], points }];
}

export const status: Command = {
  name: 'status',
  aliases: ['状态'],
  summary: summaries.status,
  access: 'administrators',
  run: async ({ turn, language, services }) => {
    const report = await services.status();
    const view: View = { language, inGroup: turn.message.place.kind === 'group', at: report.at };
    const maintenance = maintenanceOf(services.policy.current());
    const paused =
      maintenance === undefined ? [] : [pausedFor(report.at.getTime() - maintenance.since)[language]];
    const red = [...paused, ...attention(report, view)];
    const first = red.length === 0 ? [words.wellAll[language]] : red;
    const lines = [
      first.map((line) => `**${line}**`).join('\n\n'),
      figures(report, view)
        .map((line) => `- ${line}`)
        .join('\n'),
    ];
    const facts = [
      modelTable(report, view),
      ...chart(report, view, services.timeZone),
      platformTable(report, view),
    ];
    return { markdown: lines.join('\n\n'), facts };
  },
};
