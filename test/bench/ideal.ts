import type { Capabilities } from '../../src/contract/capabilities.ts';
import { percentile } from './statistics.ts';

/** One reply as the ideal scheduler gets it. Times in milliseconds, of any one clock. */
export type IdealReply = { readonly askedAt: number; readonly sentAt: ArrayLike<number> };

/** Milliseconds: from a token's leaving the model to its being shown, for all tokens; the same for each first text. */
export type IdealFigures = {
  readonly lagP50: number;
  readonly lagP95: number;
  readonly firstTextP50: number;
  readonly firstTextP95: number;
  /** From a reply's last token to its end. */
  readonly closedP95: number;
};

/**
 * The best that anybody could show who keeps to the platform's limits, with calls that take no time and a process that
 * takes none either. A reply is opened, edited and ended by calls of one API each, as the limits count them; the replies
 * take turns. Edits may leave as close together as the shortest window permits, which is best for short answers, or as
 * far apart as the longest demands, or in between: of these the one is taken in which tokens wait least on average, and
 * for first texts, which go before everything else, the one that shows them first. Nobody who does not know when the
 * answers will end can choose so well.
 */
export function idealFigures(
  replies: readonly IdealReply[],
  limits: Capabilities['callLimits'],
): IdealFigures {
  const perApi = limits.filter(({ per, apis }) => per === 'api' && apis === undefined);
  const perCard = limits.filter(({ per, apis }) => per === 'card' && apis === undefined);
  const gaps = perApi.map(({ calls, windowMs }) => windowMs / calls);
  const [shortest, longest] = [Math.min(...gaps), Math.max(...gaps)];
  const cardGapMs = Math.max(...perCard.map(({ calls, windowMs }) => windowMs / calls), 0);
  const tried = [0, 0.25, 0.5, 1].map((part) =>
    schedule(replies, perApi, shortest + (longest - shortest) * part, cardGapMs),
  );
  const least = Math.min(...tried.map(({ lags }) => mean(lags)));
  const { lags, closings } = tried.find((shown) => mean(shown.lags) === least) ?? nothing;
  const firstText = (share: number): number =>
    Math.min(...tried.map(({ firstTexts }) => percentile(firstTexts, share)));
  return {
    lagP50: percentile(lags, 0.5),
    lagP95: percentile(lags, 0.95),
    firstTextP50: firstText(0.5),
    firstTextP95: firstText(0.95),
    closedP95: percentile(closings, 0.95),
  };
}

type Shown = {
  readonly lags: readonly number[];
  readonly firstTexts: readonly number[];
  readonly closings: readonly number[];
};

const nothing: Shown = { lags: [], firstTexts: [], closings: [] };

type Window = { readonly calls: number; readonly windowMs: number };

/** One API's calls: no closer together than `gapMs`, no more in any window than permitted. */
function createApi(windows: readonly Window[], gapMs: number): { next(): number; call(at: number): void } {
  const times: number[] = [];
  return {
    next: () =>
      Math.max(
        (times.at(-1) ?? -Infinity) + gapMs,
        ...windows.map(({ calls, windowMs }) => (times.at(-calls) ?? -Infinity) + windowMs),
      ),
    call: (at) => void times.push(at),
  };
}

type Growing = {
  readonly reply: IdealReply;
  /** From when on it may be edited (again). */
  freeAt: number;
  editedAt: number;
  shown: number;
  endedAt: number;
};

function schedule(
  replies: readonly IdealReply[],
  windows: readonly Window[],
  gapMs: number,
  cardGapMs: number,
): Shown {
  // Opening and ending never have to wait for each other's sake: each once for a reply, as soon as it may be.
  const shortest = Math.min(...windows.map(({ calls, windowMs }) => windowMs / calls));
  const opening = oneEach(
    replies.map(({ askedAt }) => askedAt),
    windows,
    shortest,
  );
  const ending = oneEach(
    replies.map(({ sentAt }) => lastOf(sentAt)),
    windows,
    shortest,
  );
  const growing = replies.map((reply, index): Growing => ({
    reply,
    freeAt: opening[index] ?? Infinity,
    editedAt: -Infinity,
    shown: 0,
    endedAt: ending[index] ?? Infinity,
  }));
  const api = createApi(windows, gapMs);
  const lags: number[] = [];
  const firstTexts: number[] = [];
  const show = (one: Growing, at: number): void => {
    const { sentAt } = one.reply;
    if (one.shown === 0) firstTexts.push(at - (sentAt[0] ?? at));
    for (; one.shown < sentAt.length && (sentAt[one.shown] ?? Infinity) <= at; one.shown += 1)
      lags.push(at - (sentAt[one.shown] ?? at));
    [one.editedAt, one.freeAt] = [at, at + cardGapMs];
  };
  for (let edit = nextEdit(growing, api.next()); edit !== undefined; edit = nextEdit(growing, api.next())) {
    show(edit.one, edit.at);
    api.call(edit.at);
  }
  for (const one of growing) if (one.shown < one.reply.sentAt.length) show(one, one.endedAt);
  return {
    lags,
    firstTexts,
    closings: growing.map(({ endedAt, reply }) => endedAt - lastOf(reply.sentAt)),
  };
}

/** Whose turn it is: of those with something new to show when the next call may leave, whoever waited longest. */
function nextEdit(
  growing: readonly Growing[],
  mayLeaveAt: number,
): { readonly one: Growing; readonly at: number } | undefined {
  let at = Infinity;
  let one: Growing | undefined;
  for (const candidate of growing) {
    const { reply, shown, freeAt, endedAt } = candidate;
    const readyAt = Math.max(reply.sentAt[shown] ?? Infinity, freeAt, mayLeaveAt);
    // Its end shows everything.
    if (readyAt >= endedAt || readyAt > at) continue;
    if (readyAt < at || candidate.editedAt < (one?.editedAt ?? Infinity)) [at, one] = [readyAt, candidate];
  }
  return one === undefined ? undefined : { one, at };
}

/** When each of these calls can leave, first come, first served. */
function oneEach(wanted: readonly number[], windows: readonly Window[], gapMs: number): readonly number[] {
  const api = createApi(windows, gapMs);
  const times: number[] = wanted.map(() => Infinity);
  const order = wanted.map((at, index) => ({ at, index })).toSorted((one, other) => one.at - other.at);
  for (const { at, index } of order) {
    const leaves = Math.max(at, api.next());
    api.call(leaves);
    times[index] = leaves;
  }
  return times;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function lastOf(sentAt: ArrayLike<number>): number {
  return sentAt[sentAt.length - 1] ?? 0;
}
