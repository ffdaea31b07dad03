/** What the faulty child does with a picture of this width. */
export const faults = {
  none: 40,
  spin: 41,
  hang: 42,
  abort: 43,
  exit: 44,
  nonsense: 45,
  tooMany: 46,
} as const;
