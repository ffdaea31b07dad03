import type { FactBlock } from '../contract/reply.ts';
import type { StatusReport } from '../diagnosis/status.ts';
import type { CallUse } from '../reply/call-ledger.ts';
import type { PaceLevel } from '../reply/pace.ts';
import type { ModelHealth } from '../model/types.ts';
import { duration, status as words, summaries } from '../reply/notices/commands.ts';
import { faults } from '../reply/notices/endings.ts';
import { count } from '../reply/notices/phrase.ts';
import type { Language } from '../store/store.ts';
import type { Command } from './command.ts';

const stateWords = {
  up: words.up,
  down: words.down,
  connecting: words.connecting,
  failed: words.failed,
  unknown: words.unknown,
};

function isDescribed(
  description: ModelHealth['description'],
): description is Extract<typeof description, { model: string }> {
  return 'model' in description;
}

/** Hosts and ids are for the direct chat; a group sees the model's name and whether it is well. */
type View = { readonly language: Language; readonly inGroup: boolean; readonly at: Date };

function modelRow(health: ModelHealth, { language, inGroup, at }: View): string[] {
  const { description, state, since, fault } = health;
  const known = isDescribed(description) ? description : undefined;
  const age = duration(at.getTime() - since.getTime())[language];
  const vision = { yes: words.yes, no: words.no, unknown: words.unknown }[known?.vision ?? 'unknown'];
  return [
    ...(inGroup ? [] : [description.host]),
    known?.model ?? words.unknown[language],
    fault === undefined
      ? stateWords[state][language]
      : `${stateWords[state][language]} ${inGroup ? '' : fault.code}`.trim(),
    age,
    known?.contextTokens === undefined ? words.unknown[language] : count(known.contextTokens),
    vision[language],
  ];
}

function modelTable(report: StatusReport, view: View): FactBlock {
  const { language, inGroup } = view;
  const columns = [words.model, words.state, words.since, words.context, words.vision].map(
    (word) => word[language],
  );
  return {
    type: 'table',
    title: words.models[language],
    columns: inGroup ? columns : [words.server[language], ...columns],
    rows: report.models.map((health) => modelRow(health, view)),
  };
}

/** `1,204 / 5,000 → 3,900`: used, allowed, forecast; and what is done about it. */
function monthCell(
  calls: CallUse,
  monthlyCalls: number | undefined,
  pace: PaceLevel,
  language: Language,
): string {
  const allowed = monthlyCalls === undefined ? '' : ` / ${count(monthlyCalls)}`;
  const spared = {
    free: '',
    thrifty: '',
    tight: ` · ${words.tight[language]}`,
    'final-only': ` · ${words.finalOnly[language]}`,
  };
  return `${count(calls.month)}${allowed} → ${count(calls.forecast)}${spared[pace]}`;
}

function platformTable(report: StatusReport, { language, inGroup, at }: View): FactBlock {
  return {
    type: 'table',
    title: words.platforms[language],
    columns: [
      words.platforms,
      words.state,
      words.since,
      words.reconnects,
      words.calls,
      words.month,
      words.pushes,
    ].map((word) => word[language]),
    rows: report.platforms.map(({ id, health, calls, pushes, monthlyCalls, pace }) => [
      id,
      health.detail === undefined || inGroup
        ? stateWords[health.state][language]
        : `${stateWords[health.state][language]} ${health.detail}`,
      duration(at.getTime() - health.since.getTime())[language],
      String(health.reconnects),
      count(calls.today),
      monthCell(calls, monthlyCalls, pace, language),
      `${count(pushes.month)} → ${count(pushes.forecast)}`,
    ]),
  };
}

/** Red things first: what is down, in words. */
function attention(report: StatusReport, { language, inGroup }: View): string[] {
  const models = report.models
    .filter(({ state }) => state === 'down')
    .map(({ description, fault }) => {
      const name = inGroup
        ? isDescribed(description)
          ? description.model
          : words.models[language]
        : description.host;
      return `✗ ${name}：${fault === undefined ? words.down[language] : faults[fault.code][language]}`;
    });
  const platforms = report.platforms
    .filter(({ health }) => health.state === 'down' || health.state === 'failed')
    .map(({ id, health }) => `✗ ${id}：${stateWords[health.state][language]}`);
  return [...models, ...platforms, ...(report.storeHealthy ? [] : [`✗ ${words.store[language]}`])];
}

function figures(report: StatusReport, { language }: View): string[] {
  const today = (state: 'done' | 'failed' | 'interrupted'): string => count(report.lastDay.get(state) ?? 0);
  const megabytes = (report.storeBytes / 1024 / 1024).toFixed(1);
  return [
    `${words.version[language]} ${report.version} · ${words.uptime[language]} ${duration(report.uptimeMs)[language]}`,
    `${words.answersNow[language]} ${report.answering} · ${words.waiting[language]} ${report.waiting}`,
    `${words.today[language]}：${words.done[language]} ${today('done')} · ${words.failures[language]} ${today('failed')} · ${words.interrupted[language]} ${today('interrupted')}`,
    `${words.store[language]} ${megabytes} MB`,
  ];
}

export const status: Command = {
  name: 'status',
  aliases: ['状态'],
  summary: summaries.status,
  access: 'administrators',
  run: async ({ turn, language, services }) => {
    const report = await services.status();
    const view: View = { language, inGroup: turn.message.place.kind === 'group', at: report.at };
    const red = attention(report, view);
    const lines = [...red.map((line) => `**${line}**`), ...figures(report, view).map((line) => `- ${line}`)];
    return { markdown: lines.join('\n'), facts: [modelTable(report, view), platformTable(report, view)] };
  },
};
