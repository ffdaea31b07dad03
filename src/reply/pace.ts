import type { Clock } from '../contract/runtime.ts';
import type { CallLedger } from './call-ledger.ts';

/**
 * How freely a reply may be edited. `free`: as often as the platform takes it · `thrifty`: early edits close together,
 * later ones further apart, so that a month's quota lasts · `tight`: few edits · `final-only`: the answer once, whole.
 */
export type PaceLevel = 'free' | 'thrifty' | 'tight' | 'final-only';

export type Pace = {
  level(): PaceLevel;
  /** Shortest time before the next edit of a reply that was edited `edits` times, in milliseconds. */
  intervalMs(edits: number): number;
  /** The platform says that the month's calls are used up: no edits more, whatever the settings say. */
  exhausted(): void;
};

export type PaceOptions = {
  readonly platform: string;
  readonly ledger: Pick<CallLedger, 'use'>;
  readonly clock: Clock;
  readonly updateIntervalMs: number;
  /** The tenant's calls in a calendar month; undefined means unlimited. */
  readonly monthlyCalls: number | undefined;
  /** Called when the level has changed, for the log and the administrators. */
  readonly onLevel: (level: PaceLevel, before: PaceLevel) => void;
};

/** From this share of the month's calls on edits become few, from that one on only ends are shown. */
const tightUse = 0.7;
const finalOnlyUse = 0.9;
/** A forecast from less than this share of the month's calls would be made of a few busy hours. */
const forecastFromUse = 0.1;

/** Each edit waits this much longer than the one before; and no longer than the longest interval. */
const growth: Readonly<Record<PaceLevel, number>> = { free: 1, thrifty: 1.3, tight: 2, 'final-only': 2 };
const firstFactor: Readonly<Record<PaceLevel, number>> = { free: 1, thrifty: 2, tight: 5, 'final-only': 5 };
const longestIntervalMs = 15_000;
/** A refusal for the month's sake is believed for so long; then one reply tries again. */
const exhaustedForMs = 6 * 60 * 60_000;
const lookAgainMs = 5_000;

/** Spaces the edits of replies so that the month's quota lasts; without a quota it is just the platform's interval. */
export function createPace(options: PaceOptions): Pace {
  const { platform, ledger, clock, updateIntervalMs, monthlyCalls } = options;
  let exhaustedUntilMs = -Infinity;
  let known: PaceLevel = monthlyCalls === undefined ? 'free' : 'thrifty';
  let lookedAtMs = -Infinity;

  function decide(nowMs: number): PaceLevel {
    if (nowMs < exhaustedUntilMs) return 'final-only';
    if (monthlyCalls === undefined) return 'free';
    const { month, forecast } = ledger.use(platform);
    if (month >= monthlyCalls * finalOnlyUse) return 'final-only';
    const forecastCounts = month >= monthlyCalls * forecastFromUse;
    const tight = month >= monthlyCalls * tightUse || (forecastCounts && forecast > monthlyCalls);
    return tight ? 'tight' : 'thrifty';
  }

  function level(): PaceLevel {
    const nowMs = clock.now().getTime();
    if (nowMs - lookedAtMs < lookAgainMs) return known;
    lookedAtMs = nowMs;
    const next = decide(nowMs);
    if (next !== known) options.onLevel(next, known);
    known = next;
    return next;
  }

  return {
    level,
    intervalMs(edits) {
      const now = level();
      const grown = updateIntervalMs * firstFactor[now] * growth[now] ** Math.min(edits, 40);
      return Math.min(Math.max(grown, updateIntervalMs), Math.max(longestIntervalMs, updateIntervalMs));
    },
    exhausted() {
      exhaustedUntilMs = clock.now().getTime() + exhaustedForMs;
      lookedAtMs = -Infinity;
    },
  };
}
