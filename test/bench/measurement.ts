/** One line of the result: what was measured, the figure, and what it must not be above. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: number;
  /** The same for a bare pass-through, or for the best schedule the platform's limits permit, in the same run. */
  readonly floor?: number;
};

/** A figure over the number of replies at once, for the chart. */
export type Curve = {
  readonly name: string;
  readonly unit: string;
  /** What the second line is, in a word or three; default `floor`. */
  readonly floorName?: string;
  readonly points: readonly { readonly replies: number; readonly value: number; readonly floor?: number }[];
};

export type Measured = {
  readonly figures: readonly Figure[];
  readonly curves?: readonly Curve[];
  /** What a reader must know to judge the figures, such as a simulator that was busy itself. */
  readonly notes?: readonly string[];
};

/** One part of the benchmark. Each is a file in `measure/`. */
export type Measurement = {
  readonly name: string;
  /** What it looks at, for the one who waits. */
  readonly what: string;
  /** `progress` shows a line to the one who waits. */
  run(progress: (line: string) => void): Promise<Measured>;
};
