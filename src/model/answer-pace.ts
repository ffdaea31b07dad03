/** How fast answers are made here and how long they are, from those that came whole. */
export type AnswerPace = {
  note(answer: MeasuredAnswer): void;
  /** What an answer takes from its request to its end; undefined until one was measured. */
  typicalMs(): number | undefined;
};

export type MeasuredAnswer = {
  readonly firstTokenMs: number;
  readonly durationMs: number;
  /** Thinking included, as the server counted. */
  readonly tokens: number;
};

/** What the newest answer weighs: a change of model or of load shows after a handful of answers. */
const weight = 0.2;

type Averages = { readonly firstTokenMs: number; readonly tokensPerSecond: number; readonly tokens: number };

export function createAnswerPace(): AnswerPace {
  let averages: Averages | undefined;
  return {
    note({ firstTokenMs, durationMs, tokens }) {
      // A server that sends the whole answer at once has no speed of its own after the first token.
      const speakingMs = durationMs > firstTokenMs ? durationMs - firstTokenMs : durationMs;
      if (tokens <= 0 || speakingMs <= 0) return;
      const measured = { firstTokenMs, tokensPerSecond: (tokens * 1000) / speakingMs, tokens };
      averages = averages === undefined ? measured : blend(averages, measured);
    },
    typicalMs: () =>
      averages === undefined
        ? undefined
        : averages.firstTokenMs + (averages.tokens * 1000) / averages.tokensPerSecond,
  };
}

function blend(old: Averages, fresh: Averages): Averages {
  const mix = (key: keyof Averages): number => old[key] * (1 - weight) + fresh[key] * weight;
  return {
    firstTokenMs: mix('firstTokenMs'),
    tokensPerSecond: mix('tokensPerSecond'),
    tokens: mix('tokens'),
  };
}
