import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { settingsJson } from './card.ts';
import type { CardWrite, CardWriter } from './reply-card-writer.ts';
import { refusalOf } from './reply-refusals.ts';

// Feishu closes streaming ten minutes after it was last switched on (200850, then 300309); it is switched on again a
// minute earlier. That this starts ten new minutes is documented but was seen nowhere, hence the rescue below.
const RENEWAL_MS = 9 * 60_000;

export type CardStreaming = {
  /** Whether the streaming API takes text; otherwise text changes as any other element does. */
  on(): boolean;
  /** To be called before each update: keeps streaming from being closed. */
  renew(write: CardWrite): Promise<void>;
  /** After streaming was found closed: switches it on again, once in ten minutes, or does without it for good. */
  rescue(write: CardWrite): Promise<boolean>;
  /** Switches streaming off with the last summary; gives back why that failed, if it may be done in another way. */
  end(summary: string, write: CardWrite): Promise<unknown>;
  ended(): boolean;
};

/** `since`: when streaming was switched on, in milliseconds since the epoch. */
export function createCardStreaming(
  writer: CardWriter,
  since: number,
  clock: Clock,
  log: Logger,
): CardStreaming {
  let switchedOnAt = since;
  let rescuedAt: number | undefined;
  let on = true;
  let ended = false;

  /** False when it was refused. Rejects when nothing more can be done with the card at all, or not now. */
  async function switchOn(write: CardWrite): Promise<boolean> {
    const failure = await attempt(() => writer.settings(settingsJson(true), write));
    if (failure !== undefined)
      log.warn({ error: failure }, 'streaming of a card could not be switched on again');
    switchedOnAt = clock.now().getTime();
    return failure === undefined;
  }

  return {
    on: () => on,
    ended: () => ended,
    async renew(write) {
      if (on && clock.now().getTime() - switchedOnAt >= RENEWAL_MS) await switchOn(write);
    },
    async rescue(write) {
      if (!on) return false;
      const now = clock.now().getTime();
      const again = rescuedAt === undefined || now - rescuedAt >= RENEWAL_MS;
      on = again && (await switchOn(write));
      rescuedAt = now;
      return true;
    },
    async end(summary, write) {
      if (ended) return undefined;
      const failure = await attempt(() => writer.settings(settingsJson(false, summary), write));
      ended = failure === undefined;
      return failure;
    },
  };
}

/** What it was refused with, unless that ends all. */
async function attempt(run: () => Promise<void>): Promise<unknown> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (endsReply(error)) throw error;
    return error;
  }
}

const FINAL_CODES: readonly string[] = [
  'target-gone',
  'reply-closed',
  'unauthorized',
  'quota-exhausted',
  'aborted',
];

function endsReply(error: unknown): boolean {
  if (!(error instanceof AdapterError)) return true;
  return refusalOf(error) === 'other' && FINAL_CODES.includes(error.code);
}
