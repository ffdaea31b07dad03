import type { CallLimit, PlannedCall } from '../contract/budget.ts';
import {
  createGate,
  createGateRule,
  isForgettable,
  isPaused,
  isWithin,
  isWindingDown,
  type Gate,
  type GateRule,
} from './budget-gate.ts';
import type { CallMemory } from './call-memory.ts';

/** The gates of all calls, made when first needed and forgotten when a fresh one would do as well. */
export type Gates = {
  of(call: PlannedCall, now: number): readonly Gate[];
  /** Those of the call's gates that tell how fast calls may follow each other: the shortest window of each kind. */
  shortestOf(call: PlannedCall, now: number): ReadonlySet<Gate>;
  /** Divides each limit among so many processes from now on; gives back the gates this changes. */
  divide(replicasIn: (windowMs: number) => number): readonly Gate[];
  /** No gate has more in use than its limit allows now. */
  within(now: number): boolean;
  count(): number;
  pausedCount(now: number): number;
};

type Family = { readonly limit: CallLimit; rule: GateRule; readonly gates: Map<string, Gate> };

/** More than the one gate that a call may add to a family, so that the families shrink while calls are made. */
const LOOKED_AT_PER_CALL = 4;

/** Shorter windows are over before a process that was started anew makes its first call. */
const REMEMBERED_FROM_MS = 1_100;

/** `wallMs`: the machine's clock. Throws `RangeError` for a limit that could let no call through. */
export function createGates(limits: readonly CallLimit[], wallMs: () => number, memory?: CallMemory): Gates {
  const families = limits.map((limit): Family => {
    if (!(limit.calls >= 1 && limit.windowMs > 0))
      throw new RangeError(`A limit of ${limit.calls} calls in ${limit.windowMs} ms lets nothing through`);
    return { limit, rule: createGateRule(limit), gates: new Map() };
  });

  function makeGate({ limit, rule }: Family, key: string, now: number): Gate {
    if (memory === undefined || limit.windowMs < REMEMBERED_FROM_MS) return createGate(rule);
    const { per, apis, windowMs } = limit;
    const counter = memory.counter(JSON.stringify([per, apis, windowMs, key]), limit);
    return createGate(rule, counter, now, wallMs());
  }

  function gatesWithLimits(call: PlannedCall, now: number): readonly (readonly [CallLimit, Gate])[] {
    return families.flatMap((family) => {
      const key = keyOf(family.limit, call);
      return key === undefined ? [] : [[family.limit, gateFor(family, key, now, makeGate)] as const];
    });
  }

  return {
    of: (call, now) => gatesWithLimits(call, now).map(([, gate]) => gate),
    shortestOf(call, now) {
      const shortest = new Map<CallLimit['per'], readonly [CallLimit, Gate]>();
      for (const pair of gatesWithLimits(call, now)) {
        const known = shortest.get(pair[0].per);
        if (known === undefined || pair[0].windowMs < known[0].windowMs) shortest.set(pair[0].per, pair);
      }
      return new Set([...shortest.values()].map(([, gate]) => gate));
    },
    divide: (replicasIn) =>
      families.flatMap((family) => {
        const rule = createGateRule(family.limit, replicasIn(family.limit.windowMs));
        if (rule.calls === family.rule.calls) return [];
        family.rule = rule;
        const changed = [...family.gates.values()];
        for (const gate of changed) gate.rule = rule;
        return changed;
      }),
    within: (now) => families.every(({ gates }) => [...gates.values()].every((gate) => isWithin(gate, now))),
    count: () => families.reduce((sum, { gates }) => sum + gates.size, 0),
    pausedCount: (now) =>
      families.reduce(
        (sum, { gates }) => sum + [...gates.values()].filter((gate) => isPaused(gate, now)).length,
        0,
      ),
  };
}

function keyOf({ per, apis }: CallLimit, call: PlannedCall): string | undefined {
  if (apis !== undefined && !apis.includes(call.api)) return undefined;
  return per === 'app' ? '' : call[per];
}

/** The map's order is the order of last use, so the gates that can be forgotten are found at its beginning. */
function gateFor(
  family: Family,
  key: string,
  now: number,
  make: (family: Family, key: string, now: number) => Gate,
): Gate {
  const { gates } = family;
  const gate = gates.get(key) ?? make(family, key, now);
  gates.delete(key);
  let looks = LOOKED_AT_PER_CALL;
  for (const [oldKey, oldGate] of gates) {
    // One whose last window is still running says that those behind it are no older; one in use says nothing.
    if (looks === 0 || isWindingDown(oldGate, now)) break;
    looks -= 1;
    gates.delete(oldKey);
    if (!isForgettable(oldGate, now)) gates.set(oldKey, oldGate);
  }
  gates.set(key, gate);
  return gate;
}
