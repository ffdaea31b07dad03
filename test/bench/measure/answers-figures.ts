import type { IdealFigures } from '../ideal.ts';
import type { Curve, Figure } from '../measurement.ts';
import { median } from '../statistics.ts';
import type { LoadFigures } from './answers-load.ts';

/** A schedule may be this much worse than the best there can be. */
const idealFactor = 1.2;
/** And the processor may work so much more than a bare pass-through. */
const floorFactor = 2;

const repliesOf = ({ replies }: LoadFigures): string =>
  replies === 1 ? 'alone' : `${replies.toLocaleString('en')} replies`;

/** Everything that is said in the table, in the order in which a message meets it. */
export function answerFigures(loads: readonly LoadFigures[]): Figure[] {
  const of = (replies: number): LoadFigures[] => loads.filter((load) => load.replies === replies);
  const shown = loads.filter(({ observed }) => observed !== undefined);
  return [
    ...requestFigures(loads),
    ...firstTextFigures(shown),
    ...shown.flatMap((load) => [
      againstIdeal(`token lag p50, ${repliesOf(load)}`, load, ({ lagP50 }) => lagP50),
      againstIdeal(`token lag p95, ${repliesOf(load)}`, load, ({ lagP95 }) => lagP95),
    ]),
    ...shown.map((load): Figure => ({
      name: `last token to closed reply p95, ${repliesOf(load)}`,
      value: load.observed?.closedP95 ?? Number.NaN,
      unit: 'ms',
      floor: load.ideal?.closedP95 ?? Number.NaN,
    })),
    ...shown.map((load): Figure => ({
      name: `platform calls for an answer, ${repliesOf(load)}`,
      value: load.callsPerAnswer,
      unit: 'calls',
    })),
    {
      name: 'refused calls, all loads',
      value: loads.reduce((sum, { refused }) => sum + refused, 0),
      unit: 'calls',
      target: 0,
    },
    ...loads.map((load): Figure => ({
      name: `processor time for 1,000 tokens, ${repliesOf(load)}`,
      value: load.processorSecondsPer1000,
      unit: 's',
      target: load.floor.processorSecondsPer1000 * floorFactor,
      floor: load.floor.processorSecondsPer1000,
    })),
    ...[...of(8), ...of(200), ...of(1_000)].map((load): Figure => ({
      name: `memory, ${repliesOf(load)}`,
      value: load.mostMebibytes,
      unit: 'MiB',
      floor: load.floor.mostMebibytes,
      ...(load.replies === 1_000 ? { target: 450 } : {}),
    })),
    ...of(1_000).map((load): Figure => ({
      name: 'token sent to snapshot ready p99, 1,000 replies',
      value: load.snapshotsBehindP99Ms,
      unit: 'ms',
      target: 100,
      floor: load.floor.readP99Ms,
    })),
  ];
}

/** How the load grows from one reply to a thousand. */
export function answerCurves(loads: readonly LoadFigures[]): Curve[] {
  const points = (
    among: readonly LoadFigures[],
    value: (load: LoadFigures) => number,
    floor: (load: LoadFigures) => number,
  ): Curve['points'] =>
    among.map((load) => ({ replies: load.replies, value: value(load), floor: floor(load) }));
  return [
    {
      name: 'token lag p95',
      unit: 'ms',
      floorName: 'ideal',
      points: points(
        loads.filter(({ observed }) => observed !== undefined),
        ({ observed }) => observed?.lagP95 ?? Number.NaN,
        ({ ideal }) => ideal?.lagP95 ?? Number.NaN,
      ),
    },
    {
      name: 'processor time for 1,000 tokens',
      unit: 's',
      points: points(
        loads,
        ({ processorSecondsPer1000 }) => processorSecondsPer1000,
        ({ floor }) => floor.processorSecondsPer1000,
      ),
    },
    {
      name: 'memory',
      unit: 'MiB',
      points: points(
        loads,
        ({ mostMebibytes }) => mostMebibytes,
        ({ floor }) => floor.mostMebibytes,
      ),
    },
  ];
}

function requestFigures(loads: readonly LoadFigures[]): Figure[] {
  const firsts = loads.flatMap(({ firstRequestMs }) =>
    firstRequestMs === undefined ? [] : [firstRequestMs],
  );
  const [alone] = loads;
  if (alone === undefined) return [];
  return [
    {
      name: `event to model request, first message (median of ${firsts.length} starts)`,
      value: median(firsts),
      unit: 'ms',
      target: 300,
      floor: median(loads.map(({ floor }) => floor.firstRequestMs)),
    },
    {
      name: 'event to model request, warm (median)',
      value: median(alone.requestMs),
      unit: 'ms',
      target: 10,
      floor: median(alone.floor.requestMs),
    },
  ];
}

/** What our own work and the call may take beside the wait for the platform's limits. */
const firstTextMs = 50;

/** Few replies need not wait for the platform's limits at all: their ideal is next to nothing. */
function firstTextFigures(shown: readonly LoadFigures[]): Figure[] {
  return shown.map((load) => {
    const name = `first token to first text p95, ${repliesOf(load)}`;
    const figure = againstIdeal(name, load, ({ firstTextP95 }) => firstTextP95);
    const target = (figure.floor ?? 0) * idealFactor + firstTextMs;
    return load.replies > 8 ? { ...figure, target } : { ...figure, target: firstTextMs };
  });
}

function againstIdeal(
  name: string,
  { observed, ideal }: LoadFigures,
  of: (figures: IdealFigures) => number,
): Figure {
  if (observed === undefined || ideal === undefined) return { name, value: Number.NaN, unit: 'ms' };
  return { name, value: of(observed), unit: 'ms', target: of(ideal) * idealFactor, floor: of(ideal) };
}
