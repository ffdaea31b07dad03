import type { PaneEvent, View } from './pane.ts';
import type { SeenRequest } from './stand-in-model.ts';

/** What one answer cost and how fast it was, as somebody watching from outside sees it. Milliseconds. */
export type AnswerFigures = View & {
  readonly pane: string;
  readonly answer: string;
  readonly firstCardMs: number;
  /** From the model's first token to the first words on the screen; unset while unknown. */
  readonly firstTextMs: number | undefined;
  readonly calls: number;
  readonly refused: number;
};

export type Measures = {
  take(pane: string, event: PaneEvent): void;
  request(request: SeenRequest): void;
  all(): readonly AnswerFigures[];
};

type Cause = { readonly text: string; readonly atMs: number; answered: boolean };
type Entry = {
  readonly pane: string;
  readonly answer: string;
  readonly question: string;
  readonly atMs: number;
  readonly firstCardMs: number;
  readonly subjects: readonly string[];
  request?: number;
  firstTokenMs?: number;
  textShownMs?: number;
};
type Count = { calls: number; refused: number };

const remembered = 500;

/** Puts events of the panes and requests to the model together, answer by answer. */
export function createMeasures(onFigures: (figures: AnswerFigures) => void): Measures {
  const causes = new Map<string, Cause>();
  const entries = new Map<string, Entry>();
  const counts = new Map<string, Count>();

  function figures(entry: Entry): AnswerFigures {
    const { pane, answer, firstCardMs, firstTokenMs, textShownMs, atMs } = entry;
    const sum = (member: keyof Count): number =>
      entry.subjects.reduce((total, subject) => total + (counts.get(subject)?.[member] ?? 0), 0);
    // What was shown before the first token was no text of the answer; 50 ms: two clocks' ticks.
    const known = firstTokenMs !== undefined && textShownMs !== undefined && textShownMs >= firstTokenMs - 50;
    return {
      pane,
      answer,
      atMs,
      firstCardMs,
      firstTextMs: known ? Math.max(0, Math.round(textShownMs - firstTokenMs)) : undefined,
      calls: sum('calls'),
      refused: sum('refused'),
    };
  }

  function tell(entry: Entry | undefined): void {
    if (entry !== undefined) onFigures(figures(entry));
  }

  function shown(pane: string, event: Extract<PaneEvent, { type: 'answer-shown' }>): void {
    const cause = causes.get(event.cause);
    // A second card of the same answer (it goes on there) began no new wait.
    if (cause === undefined || cause.answered) return;
    cause.answered = true;
    const { answer, subjects, atMs } = event;
    const entry = { pane, answer, question: cause.text, atMs, firstCardMs: atMs - cause.atMs, subjects };
    keep(entries, answer, entry);
    tell(entry);
  }

  function counted({ call, subject }: Extract<PaneEvent, { type: 'call' }>): void {
    if (subject === undefined) return;
    const count = counts.get(subject) ?? { calls: 0, refused: 0 };
    count.calls += 1;
    if (call.refused) count.refused += 1;
    keep(counts, subject, count);
    tell([...entries.values()].findLast(({ subjects }) => subjects.includes(subject)));
  }

  return {
    take(pane, event) {
      if (event.type === 'asked')
        keep(causes, event.cause, { text: event.text, atMs: event.atMs, answered: false });
      else if (event.type === 'answer-shown') shown(pane, event);
      else if (event.type === 'call') counted(event);
      else if (event.type === 'text-shown') {
        const entry = entries.get(event.answer);
        if (entry !== undefined) entry.textShownMs = event.atMs;
        tell(entry);
      }
    },
    request({ id, text, firstTokenMs }) {
      if (firstTokenMs === undefined) return;
      const all = [...entries.values()];
      const waiting = ({ question, request, atMs }: Entry): boolean =>
        request === undefined && text.includes(question) && atMs <= firstTokenMs + 5000;
      if (all.some(({ request }) => request === id)) return;
      const entry = all.findLast(waiting);
      if (entry === undefined) return;
      Object.assign(entry, { request: id, firstTokenMs });
      tell(entry);
    },
    all: () => [...entries.values()].map(figures),
  };
}

/** Forgets the oldest beyond what a visitor can look at. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > remembered && oldest !== undefined) map.delete(oldest);
}
