import { AdapterError } from '../../src/contract/errors.ts';

/**
 * What a refused card operation asks for. `locked`: someone is pressing a button, again in a moment. `streaming-over`:
 * ten minutes passed, or the mode was closed. `sequence`: a number was already used. `elements`: the card does not hold
 * what we think it holds. `size`: too many bytes or elements. `content`: it cannot show what it was given. `other`:
 * nothing a card can do about it.
 */
export type Refusal = 'locked' | 'streaming-over' | 'sequence' | 'elements' | 'size' | 'content' | 'other';

// CardKit's error tables and those of the message APIs; 230099 wraps what the card's content did wrong.
const REFUSALS: readonly (readonly [Refusal, RegExp])[] = [
  ['locked', /^(?:200810|(?:230099\/)?11310-lock)$/],
  ['streaming-over', /^(?:200850|300309)$/],
  ['sequence', /^300317$/],
  ['elements', /^(?:300121|300301|300310|300312|300313|300314|300315)$/],
  ['size', /^(?:230025|200860|300305|230099\/11310-elements)$/],
  ['content', /^(?:230099(?:\/.*)?|11310.*|200220|200550|200570|200621|200861|20091[45]|300307|100290)$/],
];

export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof AdapterError)) return 'other';
  const { platformCode } = error;
  if (platformCode !== undefined) {
    const known = REFUSALS.find(([, codes]) => codes.test(platformCode));
    if (known !== undefined) return known[0];
  }
  return error.code === 'too-large' ? 'size' : 'other';
}

/** Whether a plainer card may get through where this one was refused. */
export function asksForPlainer(refusal: Refusal): boolean {
  return refusal === 'content' || refusal === 'size';
}

/**
 * Whether another kind of message may get through where this one was refused: certainly not sent, and neither a matter
 * of waiting nor of the place.
 */
export function mayTryOtherKind(error: unknown): error is AdapterError {
  if (!(error instanceof AdapterError) || error.sent === 'maybe') return false;
  return ['forbidden', 'unsupported', 'invalid', 'too-large', 'reply-closed'].includes(error.code);
}
