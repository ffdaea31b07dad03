import type { InboundMessage } from '../contract/inbound.ts';
import type { EventKey, AdapterId } from '../contract/ids.ts';
import type { Clock } from '../contract/runtime.ts';
import type { Store } from '../store/store.ts';
import type { Scope } from './scope.ts';
import { withoutContent } from './erased.ts';
import { asTurn, isAskedAgain, type NewTurn, type Turn, type TurnId } from './turn.ts';

/**
 * While a question waits behind another one, what follows it this soon is taken as its continuation (a sentence sent in
 * three messages); later messages are questions of their own. A question that is being answered has no such border.
 */
const pauseWithinBurstMs = 5_000;

/** More messages than this are no sentence any more; what comes then is a question of its own. */
const maxParts = 20;

/** Several messages of one person that are answered as one, from the first until text of the answer is shown. */
export type Burst = {
  /** The question with everything said so far. */
  turn(): Turn;
  /** Aborts when `signal` does, or as soon as more is said; `restarted` then tells the one from the other. */
  round(signal: AbortSignal): { readonly signal: AbortSignal; restarted(): boolean };
  /** From here on it is being worked on, no longer waiting. */
  working(): void;
  /** Nothing joins any more; says which parts were answered with it. Idempotent. */
  seal(): readonly TurnId[];
};

export type Bursts = {
  /** This question is being stored; what follows it in the same moment may join it before it is taken up. */
  expect(turn: NewTurn): void;
  /** It is over, or could not be stored: nothing joins it any more. */
  forget(id: TurnId): void;
  /** `parts` are those an earlier process had taken. `onMore` is called for each message that joins. */
  begin(turn: Turn, parts: readonly Turn[], onMore: () => void): Burst;
  /** The question that this message continues, which from now on counts it; `join` follows once it is stored. */
  open(scope: Scope, message: InboundMessage): TurnId | undefined;
  /**
   * Takes a stored part to its question; where that has begun to be answered, it becomes one of its own, which `alone`
   * says. `elsewhere`: another process has taken it together with its question.
   */
  join(part: Turn): Promise<'joined' | 'alone' | 'elsewhere'>;
  /**
   * Takes a message back out of the question it belongs to, which is then asked again without it. False where that cannot
   * be: its answer is being shown, it is all there is, or no such question is open.
   */
  withdraw(adapter: AdapterId, message: EventKey): boolean;
};

/** Several messages as one: the words in their order, all pictures, the first quotation. */
export function mergeMessages(first: InboundMessage, more: readonly InboundMessage[]): InboundMessage {
  const all = [first, ...more];
  const quote = all.find((message) => message.quote !== undefined)?.quote;
  return {
    ...first,
    text: all
      .map(({ text }) => text)
      .filter((text) => text.trim() !== '')
      .join('\n'),
    media: all.flatMap(({ media }) => media),
    unreadable: all.flatMap(({ unreadable }) => unreadable),
    ...(quote === undefined ? {} : { quote }),
    // A proof that is missing for one of them is missing for the whole.
    ...(all.some(({ forgeable }) => forgeable === true) ? { forgeable: true as const } : {}),
  };
}

/** The question with everything said so far. */
function whole(turn: Turn, parts: readonly Turn[]): Turn {
  const more = parts.map(({ message }) => message);
  return { ...turn, message: mergeMessages(turn.message, more) };
}

function saysNothing({ text, media, unreadable, quote }: InboundMessage): boolean {
  return text === '' && media.length === 0 && unreadable.length === 0 && quote === undefined;
}

type Entry = {
  turn: Turn;
  parts: readonly Turn[];
  /** How many were let in; their parts come once they are stored. */
  taken: number;
  /** Undefined until the question is taken up. */
  onMore: (() => void) | undefined;
  lastAt: number;
  working: boolean;
  sealed: boolean;
  interrupt: AbortController;
};

export type BurstServices = {
  readonly store: Pick<Store, 'turns'>;
  readonly clock: Clock;
  readonly begin: (turn: Turn) => void;
};

export function createBursts({ store, clock, begin }: BurstServices): Bursts {
  const entries = new Map<TurnId, Entry>();

  function takes(entry: Entry, scope: Scope, message: InboundMessage): boolean {
    if (entry.sealed || entry.turn.scope !== scope || entry.taken >= maxParts) return false;
    if (entry.turn.message.sender.key !== message.sender.key) return false;
    // Somebody asked for that answer once more; what is said now is something new.
    if (isAskedAgain(entry.turn)) return false;
    // A quotation points at something else; it begins a question of its own.
    if (message.quote !== undefined) return false;
    const pauseMs = clock.now().getTime() - entry.lastAt;
    const wordless = whole(entry.turn, entry.parts).message.text === '';
    return entry.working || wordless || pauseMs <= pauseWithinBurstMs;
  }

  function add(turn: Turn): Entry {
    const entry: Entry = {
      turn,
      parts: [],
      taken: 0,
      onMore: undefined,
      lastAt: clock.now().getTime(),
      working: false,
      sealed: false,
      interrupt: new AbortController(),
    };
    entries.set(turn.id, entry);
    return entry;
  }

  return {
    expect: (turn) => void add(asTurn(turn)),
    forget: (id) => void entries.delete(id),
    begin(turn, parts, onMore) {
      const entry = entries.get(turn.id) ?? add(turn);
      entry.parts = [...parts, ...entry.parts];
      entry.taken += parts.length;
      entry.onMore = onMore;
      return {
        turn: () => whole(entry.turn, entry.parts),
        round(signal) {
          entry.interrupt = new AbortController();
          const { signal: more } = entry.interrupt;
          return {
            signal: AbortSignal.any([signal, more]),
            restarted: () => more.aborted && !signal.aborted,
          };
        },
        working: () => void (entry.working = true),
        seal() {
          entry.sealed = true;
          entries.delete(turn.id);
          return entry.parts.map(({ id }) => id);
        },
      };
    },
    open(scope, message) {
      const found = [...entries.values()].reverse().find((entry) => takes(entry, scope, message));
      if (found === undefined) return undefined;
      found.taken += 1;
      found.lastAt = clock.now().getTime();
      return found.turn.id;
    },
    async join(part) {
      const entry = part.joinedTo === undefined ? undefined : entries.get(part.joinedTo);
      if (entry !== undefined) {
        entry.parts = [...entry.parts, part];
        entry.onMore?.();
        entry.interrupt.abort();
        return 'joined';
      }
      const now = clock.now().getTime();
      if (!(await store.turns.save(part.id, { kind: 'question' }, now, part.fence))) return 'elsewhere';
      begin({ ...part, kind: 'question' });
      return 'alone';
    },
    withdraw(adapter, message) {
      const isIt = (turn: Turn): boolean =>
        turn.message.place.adapter === adapter && turn.message.eventKey === message;
      const entry = [...entries.values()].find(({ turn, parts }) => [turn, ...parts].some(isIt));
      if (entry === undefined) return false;
      const first = isIt(entry.turn)
        ? { ...entry.turn, message: withoutContent(entry.turn.message) }
        : entry.turn;
      const parts = entry.parts.filter((part) => !isIt(part));
      if (saysNothing(whole(first, parts).message)) return false;
      entry.turn = first;
      entry.parts = parts;
      entry.onMore?.();
      entry.interrupt.abort();
      return true;
    },
  };
}
