/** One change of an element's visible text. */
export type TextChange = {
  readonly atMs: number;
  readonly elementId: string;
  /** Unset when texts are not kept (`history: 'sizes'`). */
  readonly text?: string;
  readonly characters: number;
  readonly sequence: number;
  /** Through the streaming text API, as opposed to a replacement of the element or card. */
  readonly streamed: boolean;
  /** Whether the text before was a beginning of this one; otherwise the client redraws everything. */
  readonly prefixExtending: boolean;
};

/** `full` keeps each text, `sizes` only lengths (for many streams), `off` nothing. */
export type HistoryDetail = 'full' | 'sizes' | 'off';

export type CardHistory = {
  record(
    change: Omit<TextChange, 'text' | 'characters' | 'prefixExtending'>,
    before: string,
    after: string,
  ): void;
  changes(): readonly TextChange[];
  /** How many streamed updates were no extension of the text before: each is a visible redraw. */
  redraws(): number;
};

/** Keeps at most `capacity` changes, then forgets the oldest; redraws are counted for ever. */
export function createCardHistory(detail: HistoryDetail, capacity: number): CardHistory {
  const changes: TextChange[] = [];
  let redraws = 0;
  return {
    record(change, before, after) {
      const prefixExtending = after.startsWith(before);
      if (change.streamed && !prefixExtending) redraws += 1;
      if (detail === 'off') return;
      const text = detail === 'full' ? { text: after } : {};
      changes.push({ ...change, ...text, characters: after.length, prefixExtending });
      if (changes.length > capacity) changes.shift();
    },
    changes: () => [...changes],
    redraws: () => redraws,
  };
}
