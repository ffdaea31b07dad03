import type { FactBlock } from '../contract/reply.ts';
import { nothingHappened, type CauseCount, type ServerHistory } from '../diagnosis/answer-history.ts';
import type { PlatformReport, StatusReport } from '../diagnosis/status.ts';
import type { ModelHealth } from '../model/types.ts';
import { count, duration, phrase, seconds, type Phrase } from '../reply/notices/phrase.ts';
import {
  ago,
  causeName,
  models as words,
  numberedServer,
  platforms as platformWords,
  speed,
  status,
  times,
  tokens,
} from '../reply/notices/status.ts';
import type { Language } from '../store/store.ts';

/** Hosts and ids are for the direct chat; a group sees models and figures. */
export type View = { readonly language: Language; readonly inGroup: boolean; readonly at: Date };

export const stateWords = {
  up: status.up,
  down: status.down,
  connecting: status.connecting,
  standby: status.standby,
  failed: status.failed,
  unknown: status.unknown,
} as const;

/** What is known of one thing, line by line. */
type Lines = readonly (readonly [name: Phrase, value: Phrase])[];

const same = (text: string): Phrase => phrase(text, text);

function joined(...parts: readonly (Phrase | undefined)[]): Phrase {
  const known = parts.filter((part) => part !== undefined);
  return phrase(known.map(({ zh }) => zh).join(' · '), known.map(({ en }) => en).join(' · '));
}

/**
 * One column for each thing, so that a phone shows them from top to bottom; all have the same lines. Where there is but
 * one, its name stands beside the title as the heading.
 */
function upright(
  title: Phrase,
  names: readonly string[],
  all: readonly Lines[],
  language: Language,
): FactBlock {
  const [first = []] = all;
  const alone = names.length === 1;
  return {
    type: 'table',
    ...(alone ? {} : { title: title[language] }),
    columns: [(alone ? title : status.item)[language], ...names],
    rows: first.map(([name], row) => [
      name[language],
      ...all.map((lines) => lines[row]?.[1][language] ?? ''),
    ]),
  };
}

/** `连不上 3 · 过载 1`. */
export function causesLine(causes: readonly CauseCount[]): Phrase {
  return joined(
    ...causes.map(({ cause, count: several }) => {
      const { zh, en } = causeName(cause);
      return phrase(`${zh} ${several}`, `${en} ${several}`);
    }),
  );
}

export function serverName(
  description: ModelHealth['description'],
  index: number,
  { inGroup, language }: View,
): string {
  return inGroup ? numberedServer(index + 1)[language] : description.host;
}

export function modelTable({ models, history }: StatusReport, view: View): FactBlock {
  const names = models.map(({ description }, index) => serverName(description, index, view));
  const all = models.map((health) => [
    ...identity(health, view),
    ...work(health, history.servers.get(health.description.host) ?? nothingHappened, view),
  ]);
  return upright(words.title, names, all, view.language);
}

function identity({ description, state, since, fault, latencyMs }: ModelHealth, { at }: View): Lines {
  const known = 'model' in description ? description : undefined;
  const context = known?.contextTokens === undefined ? status.unknown : tokens(known.contextTokens);
  const vision = known === undefined || known.vision === 'unknown' ? undefined : words.sees[known.vision];
  const engine = [known?.engine, known?.version].filter((part) => part !== undefined).join(' ');
  return [
    [
      status.state,
      joined(
        stateWords[state],
        fault === undefined ? undefined : causeName(fault.code),
        duration(at.getTime() - since.getTime()),
        latencyMs === undefined ? undefined : same(`${count(Math.round(latencyMs))} ms`),
      ),
    ],
    [words.model, known === undefined ? status.unknown : same(known.model)],
    [words.engine, engine === '' ? status.unknown : same(engine)],
    [words.context, joined(context, vision)],
  ];
}

function work({ load }: ModelHealth, history: ServerHistory, { at }: View): Lines {
  const { firstTokenMs, tokensPerSecond, lastFailure, causes } = history;
  const own = load && same(`${load.running} / ${load.concurrency} · ${load.waiting}`);
  const engine =
    load?.engine === undefined
      ? undefined
      : phrase(
          `${words.engineWork.zh} ${load.engine.running} · ${load.engine.waiting}`,
          `${words.engineWork.en} ${load.engine.running} · ${load.engine.waiting}`,
        );
  const first = firstTokenMs && {
    zh: `${seconds(firstTokenMs.p50).zh} / ${seconds(firstTokenMs.p95).zh}`,
    en: `${seconds(firstTokenMs.p50).en} / ${seconds(firstTokenMs.p95).en}`,
  };
  const last =
    lastFailure &&
    joined(causeName(lastFailure.cause), ago(duration(at.getTime() - lastFailure.at.getTime())));
  return [
    [words.work, own === undefined ? status.unknown : joined(own, engine)],
    [words.firstToken, first ?? status.none],
    [words.speed, tokensPerSecond === undefined ? status.none : speed(tokensPerSecond)],
    [words.answers, same(count(history.answers))],
    [words.causes, causes.length === 0 ? status.none : causesLine(causes)],
    [words.lastFailure, last ?? status.none],
  ];
}

export function platformTable({ platforms }: StatusReport, view: View): FactBlock {
  const names = platforms.map(({ id }) => id);
  const all = platforms.map((report) => platformLines(report, view));
  return upright(platformWords.title, names, all, view.language);
}

function platformLines(report: PlatformReport, { at, inGroup }: View): Lines {
  const { health, calls, pushes, monthlyCalls, pace } = report;
  const detail = health.detail === undefined || inGroup ? undefined : same(health.detail);
  const spared = {
    free: undefined,
    thrifty: undefined,
    tight: platformWords.tight,
    'final-only': platformWords.finalOnly,
  }[pace];
  const month = monthlyCalls === undefined ? '' : ` / ${count(monthlyCalls)}`;
  return [
    [status.state, joined(stateWords[health.state], detail, duration(at.getTime() - health.since.getTime()))],
    [platformWords.reconnects, times(health.reconnects)],
    [platformWords.calls, times(calls.today)],
    [platformWords.month, same(`${count(calls.month)}${month}`)],
    [platformWords.forecast, joined(times(calls.forecast), spared)],
    [platformWords.pushes, same(`${count(pushes.month)} → ${count(pushes.forecast)}`)],
  ];
}
