import { splitThinking } from './thinking.ts';

/** One accepted frame or refresh of a stream. */
export type StreamChange = {
  readonly atMs: number;
  /** Unset when texts are not kept (`history: 'sizes'`). */
  readonly content?: string;
  readonly bytes: number;
  readonly finish: boolean;
  /** Whether both the answer and the thinking shown before were beginnings of what is shown now. */
  readonly prefixExtending: boolean;
};

/** `full` keeps each text, `sizes` only lengths (for many streams), `off` nothing. */
export type HistoryDetail = 'full' | 'sizes' | 'off';

export type StreamHistory = {
  record(atMs: number, before: string, after: string, finish: boolean): void;
  changes(): readonly StreamChange[];
  /** How many changes rewrote what was shown already: each is a visible redraw. */
  redraws(): number;
};

/** Keeps at most `capacity` changes, then forgets the oldest; redraws are counted for ever. */
export function createStreamHistory(detail: HistoryDetail, capacity: number): StreamHistory {
  const changes: StreamChange[] = [];
  let redraws = 0;
  return {
    record(atMs, before, after, finish) {
      const prefixExtending = extendsShown(before, after);
      if (!prefixExtending) redraws += 1;
      if (detail === 'off') return;
      const content = detail === 'full' ? { content: after } : {};
      changes.push({ atMs, ...content, bytes: Buffer.byteLength(after), finish, prefixExtending });
      if (changes.length > capacity) changes.shift();
    },
    changes: () => [...changes],
    redraws: () => redraws,
  };
}

function extendsShown(before: string, after: string): boolean {
  const [old, now] = [splitThinking(before), splitThinking(after)];
  return now.thinking.startsWith(old.thinking) && now.answer.startsWith(old.answer);
}
