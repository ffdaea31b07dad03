import type { TurnTrace } from '../core/turn.ts';
import { faults } from '../reply/notices/endings.ts';
import type { TracedTurn } from '../store/turns.ts';

/** How often something did not end well, and for which cause; the most frequent first. */
export type CauseCount = { readonly cause: string; readonly count: number };

/** What one model server did for us. */
export type ServerHistory = {
  readonly answers: number;
  /** From the request's leaving to the first token of any kind. Undefined: nothing was measured. */
  readonly firstTokenMs: { readonly p50: number; readonly p95: number } | undefined;
  /** The median of what the answers were made with. */
  readonly tokensPerSecond: number | undefined;
  readonly causes: readonly CauseCount[];
  readonly lastFailure: { readonly cause: string; readonly at: Date } | undefined;
};

/** How the questions of the last hour went; computed from what is stored, so that a restart forgets nothing. */
export type AnswerHistory = {
  /** By the server's host. */
  readonly servers: ReadonlyMap<string, ServerHistory>;
  /** Everything that did not end well, whether a server was to blame or not. */
  readonly causes: readonly CauseCount[];
  /** Ended questions, counted in twelve steps of five minutes by when they were asked; the last step is not over. */
  readonly answers: readonly { readonly at: Date; readonly value: number }[];
};

/** How far back `/status` looks. */
export const historyMs = 60 * 60_000;
/** Of a busier hour the newest so many are looked at, which takes some tens of milliseconds. */
export const historyLimit = 5_000;
const stepMs = 5 * 60_000;

export const nothingHappened: ServerHistory = {
  answers: 0,
  firstTokenMs: undefined,
  tokensPerSecond: undefined,
  causes: [],
  lastFailure: undefined,
};

/** `turns` are the newest first. */
export function answerHistory(turns: readonly TracedTurn[], now: Date): AnswerHistory {
  const byServer = Map.groupBy(turns, ({ trace }) => trace.server);
  const named = [...byServer].flatMap(([host, own]) =>
    host === undefined ? [] : [[host, serverHistory(own)] as const],
  );
  return {
    servers: new Map(named),
    causes: countCauses(turns.map(({ trace }) => trace.fault)),
    answers: inSteps(turns, now),
  };
}

function serverHistory(turns: readonly TracedTurn[]): ServerHistory {
  const firstTokens = turns.flatMap(({ trace }) => firstTokenOf(trace));
  const failures = turns.filter(({ trace }) => isServerFault(trace.fault));
  const [newest] = failures;
  return {
    answers: turns.length,
    firstTokenMs:
      firstTokens.length === 0
        ? undefined
        : { p50: percentile(firstTokens, 0.5), p95: percentile(firstTokens, 0.95) },
    tokensPerSecond: median(turns.flatMap(({ trace }) => trace.tokensPerSecond ?? [])),
    causes: countCauses(failures.map(({ trace }) => trace.fault)),
    lastFailure:
      newest?.trace.fault === undefined
        ? undefined
        : { cause: newest.trace.fault, at: new Date(newest.acceptedAt + (newest.trace.lastTokenMs ?? 0)) },
  };
}

/** That a platform refused an answer, or a restart cut it, is not its server's fault. */
function isServerFault(cause: string | undefined): boolean {
  return cause !== undefined && Object.hasOwn(faults, cause);
}

function firstTokenOf({ servedMs, firstTokenMs }: TurnTrace): number[] {
  return servedMs === undefined || firstTokenMs === undefined ? [] : [Math.max(0, firstTokenMs - servedMs)];
}

function countCauses(causes: readonly (string | undefined)[]): CauseCount[] {
  const known = causes.filter((cause) => cause !== undefined);
  return [...Map.groupBy(known, (cause) => cause)]
    .map(([cause, all]) => ({ cause, count: all.length }))
    .sort((one, other) => other.count - one.count);
}

function inSteps(turns: readonly TracedTurn[], now: Date): AnswerHistory['answers'] {
  const last = Math.floor(now.getTime() / stepMs);
  const steps = Array.from({ length: historyMs / stepMs }, (_, index) => last - index).reverse();
  const counts = Map.groupBy(turns, ({ acceptedAt }) => Math.floor(acceptedAt / stepMs));
  return steps.map((step) => ({ at: new Date(step * stepMs), value: counts.get(step)?.length ?? 0 }));
}

function median(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : percentile(values, 0.5);
}

/** Nearest rank: a value that was really measured. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
