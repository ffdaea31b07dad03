import { percentile } from '../statistics.ts';
import type { IdealFigures } from '../ideal.ts';
import type { Observed } from '../stand/load.ts';

/** How fresh answers were. Throws when one of them was not shown to its end. */
export function observedFigures(replies: readonly Observed[]): IdealFigures {
  const lags = replies.flatMap(tokenLags);
  const firstTexts = replies.map(
    ({ seen, sent }) => (seen.shown[0]?.at ?? Number.NaN) - (sent.sentAt[0] ?? Number.NaN),
  );
  const closings = replies.map(
    ({ seen, sent }) => (seen.closedAt ?? Number.NaN) - (sent.sentAt.at(-1) ?? Number.NaN),
  );
  return {
    lagP50: percentile(lags, 0.5),
    lagP95: percentile(lags, 0.95),
    firstTextP50: percentile(firstTexts, 0.5),
    firstTextP95: percentile(firstTexts, 0.95),
    closedP95: percentile(closings, 0.95),
  };
}

/** From each token's leaving the model to its standing in the chat, in milliseconds. */
function tokenLags({ seen, sent }: Observed): number[] {
  const lags: number[] = [];
  let token = 0;
  for (const { at, tokens } of seen.shown)
    for (; token < tokens; token += 1) lags.push(at - (sent.sentAt[token] ?? Number.NaN));
  if (token !== sent.sentAt.length)
    throw new Error(`answer ${seen.index} showed ${token} of ${sent.sentAt.length} tokens`);
  return lags;
}
