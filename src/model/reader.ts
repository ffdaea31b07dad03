import type { ModelEvent } from './types.ts';
import { link } from './within.ts';

/** Who an answer is made for. */
export type Reader = {
  /** Hands over the next event; never waits and never throws. */
  readonly give: (event: ModelEvent) => void;
  /** Aborts when the answer is no longer wanted. */
  readonly signal: AbortSignal;
};

/**
 * The events that `make` hands over, one by one. It begins when the first is asked for; when the reader leaves, its
 * signal aborts and its end is waited for. What is not read yet is kept: no more than one answer, which has a bound.
 *
 * There is only one such place between the socket and the reply. Each further generator on the way would keep half a
 * dozen promises for every answer under way, at a thousand answers more garbage than everything else together.
 */
export async function* eventsOf(
  make: (reader: Reader) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  const made: { unread: ModelEvent[]; over: boolean } = { unread: [], over: false };
  let wake = (): void => undefined;
  const leaving = new AbortController();
  const unlink = link(signal, leaving);
  const give = (event: ModelEvent): void => {
    made.unread.push(event);
    wake();
  };
  const making = make({ give, signal: leaving.signal }).finally(() => {
    made.over = true;
    wake();
  });
  // Looked at when the reader has come to its end or has left.
  making.catch(() => undefined);
  try {
    for (;;) {
      const events = made.unread;
      made.unread = [];
      for (const event of events) yield event;
      if (made.unread.length > 0) continue;
      if (made.over) break;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unlink();
    leaving.abort();
    await making;
  }
}
