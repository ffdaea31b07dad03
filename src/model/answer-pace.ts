/** How fast answers are made here and how long they are, from those that came whole. */
export type AnswerPace = {
  note(answer: MeasuredAnswer): void;
  /** What an answer takes from its request to its end; undefined until one was measured. */
  typicalMs(): number | undefined;
  /** The same without the time it waited inside the engine: what it takes where nobody else is asking. */
  undisturbedMs(): number | undefined;
};

export type MeasuredAnswer = {
  readonly firstTokenMs: number;
  readonly durationMs: number;
  /** Thinking included, as the server counted. */
  readonly tokens: number;
};

/** What the newest answer weighs: a change of model or of load shows after a handful of answers. */
const weight = 0.2;
/** What the calm first token grows by with each answer, so that a slower server is believed after some dozens. */
const calmDrift = 0.02;

type Averages = { readonly firstTokenMs: number; readonly tokensPerSecond: number; readonly tokens: number };

export function createAnswerPace(): AnswerPace {
  let averages: Averages | undefined;
  let calmMs = Infinity;
  const speakingMs = ({ tokens, tokensPerSecond }: Averages): number => (tokens * 1000) / tokensPerSecond;
  return {
    note({ firstTokenMs, durationMs, tokens }) {
      // A server that sends the whole answer at once has no speed of its own after the first token.
      const spokenMs = durationMs > firstTokenMs ? durationMs - firstTokenMs : durationMs;
      if (tokens <= 0 || spokenMs <= 0) return;
      const measured = { firstTokenMs, tokensPerSecond: (tokens * 1000) / spokenMs, tokens };
      calmMs = Math.min(calmMs * (1 + calmDrift), firstTokenMs);
      averages = averages === undefined ? measured : blend(averages, measured);
    },
    typicalMs: () => (averages === undefined ? undefined : averages.firstTokenMs + speakingMs(averages)),
    undisturbedMs: () =>
      averages === undefined ? undefined : Math.min(calmMs, averages.firstTokenMs) + speakingMs(averages),
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
