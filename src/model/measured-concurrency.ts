import type { EngineLoad } from './types.ts';

/** Hard bounds of what is measured. vLLM runs 256 requests at once unless it was told otherwise. */
export const leastConcurrency = 1;
export const mostConcurrency = 256;
/** Where the measuring begins when the engine tells nothing. */
export const usualConcurrency = 16;

/**
 * How many requests should run on one server at once, found out by additive increase and multiplicative decrease as TCP
 * does it. Requests that wait inside the engine gain nothing by being there: they only hold others' places in our line.
 */
export type MeasuredConcurrency = {
  readonly limit: number;
  /** A request leaves; `running` counts ours, this one included. Tell the result how it went, or nothing when stopped. */
  sent(running: number): Sent;
  /** The engine's own figures while `running` of ours are there; undefined when it does not tell (any more). */
  engineSays(load: EngineLoad | undefined, running: number): void;
  /** Somebody else may answer there from now on. `ceiling` is what the engine has at most, where it tells. */
  restart(start: number, ceiling?: number): void;
};

export type Sent = {
  /** A whole answer came. */
  answered(times: { readonly firstTokenMs: number; readonly durationMs: number }): void;
  /** 429 or 503: the engine has no place for it. */
  refused(): void;
  /** Not one word came in all that time. */
  unanswered(waitedMs: number): void;
};

/** An answer that was there so soon after its first token came in one piece: its times tell nothing about a wait. */
const shortestStreamMs = 50;
/** So many calm answers make room for one more. A crowd shows in as many as may run, if those are fewer. */
const answersPerLook = 8;
/** Waiting for more than a fifth of its time is what an answer does where there are too many. */
const crowdedBelow = 0.8;
/** A little less than what ran: the engine's queue drains, and the first token is seen at its calm time again. */
const backOff = 0.9;
/** However bad it looks, the limit is at most halved at once. */
const mostBackOff = 0.5;
/** What the calm first token grows by in a full house's answers: a slower model is not taken for a crowd for ever. */
const calmDrift = 0.02;

/** What the answers since the last look have shown, added up. */
type Look = {
  answers: number;
  running: number;
  most: number;
  durationMs: number;
  waitedMs: number;
  firstTokensMs: number;
};

const nothingSeen = (): Look => ({
  answers: 0,
  running: 0,
  most: 0,
  durationMs: 0,
  waitedMs: 0,
  firstTokensMs: 0,
});

/** `onChange` is called whenever `limit` has changed. */
export function createMeasuredConcurrency(start: number, onChange: () => void): MeasuredConcurrency {
  let limit = clamp(start, mostConcurrency);
  let ceiling = mostConcurrency;
  let calmMs = Infinity;
  let look = nothingSeen();
  /** Rises with each cut: what was sent before it says nothing about what is now. */
  let era = 0;
  /** How many wait in the engine, where it shows that: then it is believed, and first tokens are not looked at. */
  let queue: number | undefined;

  function change(next: number): void {
    const before = limit;
    limit = clamp(next, ceiling);
    if (limit !== before) onChange();
  }

  /** Towards what really ran. */
  function cut(ran: number): void {
    era += 1;
    look = nothingSeen();
    change(Math.min(limit - 1, Math.max(Math.round(ran), Math.ceil(limit * mostBackOff))));
  }

  /** By Little's law: of those that were there, as many really ran as the part of their time that was no waiting. */
  function judge(): void {
    const { answers, running, most, durationMs, waitedMs, firstTokensMs } = look;
    if (answers < Math.min(answersPerLook, limit)) return;
    const share = 1 - waitedMs / durationMs;
    const crowded = queue === undefined && share < crowdedBelow;
    if (!crowded && answers < answersPerLook) return;
    calmMs = Math.min(calmMs * (1 + (calmDrift * answers) / limit), firstTokensMs / answers);
    look = nothingSeen();
    if (crowded) cut((running / answers) * share * backOff);
    else if (most >= limit && (queue ?? 0) === 0) change(limit + 1);
  }

  function take(running: number, durationMs: number, waitedMs: number, firstTokenMs: number): void {
    look = {
      answers: look.answers + 1,
      running: look.running + running,
      most: Math.max(look.most, running),
      durationMs: look.durationMs + durationMs,
      waitedMs: look.waitedMs + waitedMs,
      firstTokensMs: look.firstTokensMs + firstTokenMs,
    };
    judge();
  }

  return {
    get limit() {
      return limit;
    },
    sent(running) {
      const sentIn = era;
      return {
        answered({ firstTokenMs, durationMs }) {
          if (durationMs - firstTokenMs < shortestStreamMs || sentIn !== era) return;
          if (calmMs === Infinity) calmMs = firstTokenMs;
          // Nobody of ours was before it: that is how long the first token takes by itself.
          if (running === 1) calmMs += (firstTokenMs - calmMs) / answersPerLook;
          take(running, durationMs, Math.max(0, firstTokenMs - calmMs), firstTokenMs);
        },
        refused() {
          if (sentIn === era) cut((running - 1) * backOff);
        },
        unanswered(waitedMs) {
          if (sentIn === era) take(running, waitedMs, waitedMs, waitedMs);
        },
      };
    },
    engineSays(load, running) {
      queue = load?.waiting;
      // With more waiting there than we have sent, the queue is others' and stays whatever we do.
      if (load?.waiting === undefined || load.waiting === 0 || load.waiting >= running) return;
      const ran = (running * load.running) / (load.running + load.waiting);
      if (ran < limit) cut(ran);
    },
    restart(from, most = mostConcurrency) {
      era += 1;
      look = nothingSeen();
      calmMs = Infinity;
      queue = undefined;
      ceiling = clamp(most, mostConcurrency);
      change(from);
    },
  };
}

function clamp(limit: number, ceiling: number): number {
  return Math.min(ceiling, Math.max(leastConcurrency, Math.round(limit)));
}
