import type { CallLimit } from '../contract/budget.ts';
import type { RememberedCounter } from './call-memory.ts';

/*
 * A gate is one counter of one limit: "calls of this card within a second". A call holds a permit of each of its gates
 * from the moment it leaves until a window after it was answered. Whenever the platform counted it in between, at most
 * `calls` fall into any window: of the calls in a window take the one that left last; all others were answered less
 * than a window before it left, so each of them still held its permit then.
 *
 * Live and background calls "yield": they leave room for first and final ones, and when the counter becomes scarce they
 * go evenly spaced instead of using it up and standing still for the rest of the window.
 */

/** The numbers derived from one limit. */
export type GateRule = {
  readonly calls: number;
  /** How long an answered call still counts: the window and a margin. */
  readonly holdMs: number;
  /** Permits that evenly spaced yielding calls count on; the rest stays free for the others. */
  readonly pacedCalls: number;
};

/** Times are milliseconds of the budget's own clock. */
export type Gate = {
  /** Replaced when the limit is divided among more or fewer processes. */
  rule: GateRule;
  /** Calls that have not left yet and will pass this gate. */
  waiting: number;
  waitingYielding: number;
  inFlight: number;
  /** When the permits of answered calls end, earliest first. */
  readonly held: number[];
  nextYieldingAt: number;
  pausedUntil: number;
  /** Part of the permitted rate in use since the pause ended; grows back to 1. */
  share: number;
  nextCallAt: number;
  /** For a window that is longer than a restart takes. */
  readonly memory: RememberedCounter | undefined;
};

/** Clocks of two machines run apart by up to 500 ppm while being corrected, and ours counts whole milliseconds. */
const DRIFT = 0.001;
const ROUNDING_MS = 5;
const RESERVED_PART = 0.05;
/** A call given up without an answer may still lie in some buffer and be counted by the platform this much later. */
export const STRAY_MS = 1000;
/** A permit that becomes free within this time is as good as a free one for a call that must not wait. */
const SOON_MS = 100;
/** Yielding calls are not spaced before this part of the permits is in use … */
const RELAXED_PART = 0.5;
/** … and less than that when more than 8 of them wait: many replies will need the window for long. */
const RELAXED_WAITING = 4;
/** However scarce the counter, yielding calls keep a tenth of its rate. */
const LEAST_YIELDING_PART = 0.1;
/** How far a late timer may be made up for by the calls after it. */
const CATCH_UP_MS = 50;
const PACE_SAMPLES = 64;
const SLOWED_PART = 0.5;
const LEAST_SHARE = 0.1;
/** From nothing to the full rate; after one halving half of it. */
const RECOVERY_MS = 60_000;

/** `replicas`: among how many processes the limit is divided; each has at least one call, or it could not go on at all. */
export function createGateRule({ calls: allowed, windowMs }: CallLimit, replicas = 1): GateRule {
  const calls = Math.max(1, Math.floor(allowed / replicas));
  const reserve = calls < 4 ? 0 : Math.ceil(calls * RESERVED_PART);
  const endingSoon = Math.floor((calls * SOON_MS) / windowMs);
  return {
    calls,
    holdMs: Math.ceil(windowMs * (1 + DRIFT)) + ROUNDING_MS,
    pacedCalls: calls - Math.max(0, reserve - endingSoon),
  };
}

/** `wallMs`: what the machine's clock says now; what is remembered is told by that. */
export function createGate(rule: GateRule, memory?: RememberedCounter, now = 0, wallMs = 0): Gate {
  return {
    rule,
    memory,
    waiting: 0,
    waitingYielding: 0,
    inFlight: 0,
    held: memory === undefined ? [] : heldBefore(rule, memory, now, wallMs),
    nextYieldingAt: 0,
    pausedUntil: 0,
    share: 1,
    nextCallAt: 0,
  };
}

/** When the permits end that calls of an earlier process hold. */
function heldBefore(
  { holdMs }: GateRule,
  { earlier }: RememberedCounter,
  now: number,
  wallMs: number,
): number[] {
  // Further off than any can be: the machine's clock was set back since.
  const latest = now + 2 * holdMs;
  return earlier
    .flatMap(({ untilMs, calls }) => Array<number>(calls).fill(Math.min(latest, now + untilMs - wallMs)))
    .toSorted((one, other) => one - other);
}

/**
 * When a call may pass: `now` or earlier means at once, otherwise the earliest time at which asking again can help
 * (`Infinity`: not before a call on its way is answered).
 */
export function readyAt(gate: Gate, yields: boolean, now: number): number {
  dropEnded(gate, now);
  let at = gate.pausedUntil;
  if (shareOf(gate, now) < 1) at = Math.max(at, gate.nextCallAt);
  if (inUse(gate) >= gate.rule.calls) at = Math.max(at, gate.held[0] ?? Infinity);
  return yields && !relaxed(gate) ? Math.max(at, gate.nextYieldingAt) : at;
}

/** A call leaves. Only after `readyAt` said that it may. */
export function take(gate: Gate, yields: boolean, now: number, wallMs: number): void {
  const { rule } = gate;
  gate.inFlight += 1;
  const share = shareOf(gate, now);
  if (share < 1) gate.nextCallAt = now + rule.holdMs / (rule.calls * share);
  gate.memory?.note(wallMs + rule.holdMs + STRAY_MS);
  if (!yields) return;
  // A time still to come means that the call went unspaced: that is no debt of the calls after it.
  const dueAt = Math.min(now, Math.max(gate.nextYieldingAt, now - CATCH_UP_MS));
  gate.nextYieldingAt = dueAt + evenGapMs(gate, now);
}

/** A call came to its end, and the platform may have counted it as late as `lastCountedAt`; unset means it never left. */
export function giveBack(gate: Gate, lastCountedAt: number | undefined): void {
  gate.inFlight -= 1;
  if (lastCountedAt === undefined) return;
  const endsAt = lastCountedAt + gate.rule.holdMs;
  const before = gate.held.findLastIndex((other) => other <= endsAt);
  gate.held.splice(before + 1, 0, endsAt);
}

/** Lets nothing through for `pauseMs`; with `lessen` also halves the rate afterwards, once for each pause. */
export function pause(gate: Gate, pauseMs: number, lessen: boolean, now: number): void {
  // Further refusals of the same moment are about calls that left before we knew: no reason to halve again.
  const share = shareOf(gate, now);
  gate.share = lessen && now >= gate.pausedUntil ? Math.max(LEAST_SHARE, share * SLOWED_PART) : share;
  gate.pausedUntil = Math.max(gate.pausedUntil, now + pauseMs);
}

export function isPaused(gate: Gate, now: number): boolean {
  return now < gate.pausedUntil;
}

/** Nobody uses it any more, but calls of the past still count. */
export function isWindingDown(gate: Gate, now: number): boolean {
  dropEnded(gate, now);
  return gate.waiting === 0 && gate.inFlight === 0 && gate.held.length > 0;
}

/** Whether a fresh gate would behave exactly as this one. */
export function isForgettable(gate: Gate, now: number): boolean {
  dropEnded(gate, now);
  return gate.waiting === 0 && inUse(gate) === 0 && !isPaused(gate, now) && shareOf(gate, now) === 1;
}

/** No more is in use than may be: otherwise it was let through when more was allowed. */
export function isWithin(gate: Gate, now: number): boolean {
  dropEnded(gate, now);
  return inUse(gate) <= gate.rule.calls;
}

function inUse(gate: Gate): number {
  return gate.inFlight + gate.held.length;
}

function dropEnded(gate: Gate, now: number): void {
  if ((gate.held[0] ?? Infinity) > now) return;
  const ended = gate.held.findIndex((endsAt) => endsAt > now);
  gate.held.splice(0, ended === -1 ? gate.held.length : ended);
}

function shareOf(gate: Gate, now: number): number {
  return Math.min(1, gate.share + Math.max(0, now - gate.pausedUntil) / RECOVERY_MS);
}

function relaxed(gate: Gate): boolean {
  const part = Math.min(RELAXED_PART, RELAXED_WAITING / Math.max(1, gate.waitingYielding));
  return inUse(gate) < gate.rule.calls * part;
}

/**
 * The shortest constant distance between yielding calls that never runs out of permits within the next window: before
 * the permit number k (from 0) ends, at most `free + k` calls can leave.
 */
function evenGapMs(gate: Gate, now: number): number {
  const { calls, holdMs, pacedCalls } = gate.rule;
  const free = pacedCalls - inUse(gate);
  const step = Math.max(1, Math.ceil(gate.held.length / PACE_SAMPLES));
  let gapMs = holdMs / Math.max(1, pacedCalls);
  for (let index = Math.max(0, -free); index < gate.held.length; index += step) {
    gapMs = Math.max(gapMs, ((gate.held[index] ?? now) - now) / (free + index + 1));
  }
  return Math.min(gapMs, holdMs / (calls * LEAST_YIELDING_PART));
}
