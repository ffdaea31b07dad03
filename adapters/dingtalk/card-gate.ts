import type { AdapterError } from '../../src/contract/errors.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';

/** Whether answers can be shown live, in cards. */
export type CardGate = {
  readonly isOpen: () => boolean;
  /** Why it is not open, for operators; undefined while it is. */
  readonly reason: () => string | undefined;
  /** A card was refused for a reason that holds for all cards: for some time none is tried. */
  readonly refused: (error: AdapterError) => void;
};

type CardGateOptions = {
  readonly templateId: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
};

/** A permission or a template is mended by hand; asking each time would cost every reply a call. */
const CLOSED_MS = 5 * 60_000;
/** The quota comes back with the next month, or when somebody buys more. */
const QUOTA_CLOSED_MS = 3_600_000;

/** Of one card only, not of all: a delivery that failed, a card that is finished or gone. */
const OF_ONE_CARD: ReadonlySet<string> = new Set(['card.undelivered', 'unknownError']);

export function createCardGate({ templateId, clock, log }: CardGateOptions): CardGate {
  let closed: { readonly until: number; readonly reason: string } | undefined;
  const now = (): number => clock.now().getTime();

  function reason(): string | undefined {
    if (templateId === undefined) return 'DINGTALK_CARD_TEMPLATE_ID is not set';
    return closed !== undefined && now() < closed.until ? closed.reason : undefined;
  }

  return {
    isOpen: () => reason() === undefined,
    reason,
    refused({ code, platformCode = code }) {
      const general = code === 'forbidden' || code === 'unsupported' || code === 'quota-exhausted';
      if (!general || OF_ONE_CARD.has(platformCode)) return;
      closed = {
        until: now() + (code === 'quota-exhausted' ? QUOTA_CLOSED_MS : CLOSED_MS),
        reason: platformCode,
      };
      log.warn({ code, platformCode }, 'dingtalk cards are refused: answers come once, as Markdown');
    },
  };
}
