import type { AdapterId, EventKey, PersonKey, PlatformId } from '../contract/ids.ts';
import type { Scope } from './scope.ts';
import type { StopWish, Turn, TurnId } from './turn.ts';
import { turnsBy, turnsIn, turnsOf, type WhichTurns } from './whose-turns.ts';

/** Why a running turn is ended from outside. */
export type StopReason = StopWish | 'gone' | 'shutting-down' | 'let-go';

/** What `AbortSignal.reason` holds for a turn that was ended from outside. */
export class TurnStopped extends Error {
  override readonly name = 'TurnStopped';
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(`the turn was ended: ${reason}`);
    this.reason = reason;
  }
}

type Entry = {
  readonly turn: Turn;
  readonly controller: AbortController;
  readonly letGo: AbortController;
};

/** A registered turn. */
export type Registered = {
  /** Aborts with `TurnStopped` when the turn is to end. */
  readonly signal: AbortSignal;
  /** Aborts when the turn is another process's from now on: nothing more is said or stored for it here. */
  readonly letGo: AbortSignal;
};

export type Running = {
  add(turn: Turn): Registered;
  remove(id: TurnId): void;
  /** A command that takes long: from now on it is stopped like an answer. */
  lasting(id: TurnId): void;
  has(id: TurnId): boolean;
  /** True when such a turn was running and had not been stopped before. */
  stop(id: TurnId, reason: StopReason): boolean;
  /** Stops the turns of this scope that this person asked; says how many. */
  stopScope(scope: Scope, person: PersonKey, reason: StopReason): number;
  /** Stops everything this person asked for on the platform. */
  stopPerson(platform: PlatformId, person: PersonKey, reason: StopReason): number;
  stopMessage(adapter: AdapterId, message: EventKey, reason: StopReason): boolean;
  stopAll(reason: StopReason): void;
  /** This turn is another process's from now on, also if it is registered only later. */
  letGo(id: TurnId): void;
  letGoOfAll(): void;
  /** The questions among them that were not stopped, in the order in which they came. */
  questions(): readonly Turn[];
  size(): number;
};

/** The turns this process is working on, waiting ones included. */
export function createRunning(): Running {
  const entries = new Map<TurnId, Entry>();
  const lasting = new Set<TurnId>();
  /** Let go before they were registered; until they are removed. */
  const lostEarly = new Set<TurnId>();

  function end({ controller }: Entry, reason: StopReason): boolean {
    if (controller.signal.aborted) return false;
    controller.abort(new TurnStopped(reason));
    return true;
  }

  function endAll(which: WhichTurns, reason: StopReason): number {
    const meant = [...entries.values()].filter(({ turn }) => which(turn));
    return meant.filter((entry) => end(entry, reason)).length;
  }

  /** Of these only what is stopped like an answer. */
  const answers =
    (which: WhichTurns): WhichTurns =>
    (turn) =>
      (turn.kind === 'question' || lasting.has(turn.id)) && which(turn);

  function release(entry: Entry): void {
    entry.letGo.abort();
    end(entry, 'let-go');
  }

  return {
    add(turn) {
      const controller = new AbortController();
      const letGo = new AbortController();
      const entry = { turn, controller, letGo };
      entries.set(turn.id, entry);
      if (lostEarly.has(turn.id)) release(entry);
      return { signal: controller.signal, letGo: letGo.signal };
    },
    remove(id) {
      entries.delete(id);
      lasting.delete(id);
      lostEarly.delete(id);
    },
    lasting: (id) => void lasting.add(id),
    has: (id) => entries.has(id),
    stop(id, reason) {
      const entry = entries.get(id);
      return entry !== undefined && end(entry, reason);
    },
    stopScope: (scope, person, reason) => endAll(answers(turnsIn(scope, person)), reason),
    stopPerson: (platform, person, reason) => endAll(answers(turnsBy(platform, person)), reason),
    stopMessage: (adapter, message, reason) => endAll(turnsOf(adapter, message), reason) > 0,
    stopAll(reason) {
      for (const entry of entries.values()) end(entry, reason);
    },
    letGo(id) {
      const entry = entries.get(id);
      if (entry === undefined) lostEarly.add(id);
      else release(entry);
    },
    letGoOfAll() {
      for (const entry of entries.values()) release(entry);
    },
    questions: () =>
      [...entries.values()]
        .filter(({ turn, controller }) => turn.kind === 'question' && !controller.signal.aborted)
        .map(({ turn }) => turn),
    size: () => entries.size,
  };
}
