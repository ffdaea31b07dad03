import type { AdapterError } from '../../src/contract/errors.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';

/** Whether answers can be shown live, in cards. */
export type CardGate = {
  readonly isOpen: () => boolean;
  /** Why it is not open, for operators; undefined while it is. */
  readonly reason: () => string | undefined;
  /**
   * A card was refused. If the reason holds for all cards, none is tried for some time. `unusable`: nothing could ever be
   * shown in it, so that a refusal without a clear reason counts as well.
   */
  readonly refused: (error: AdapterError, unusable?: boolean) => void;
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

/** Says nothing about other cards: a delivery that failed. */
const UNDELIVERED = 'card.undelivered';
/** Said to a finished card, but also to a missing permission and to a state that the template lacks. */
const UNCLEAR = 'unknownError';

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
    refused({ code, platformCode = code }, unusable = false) {
      const general = code === 'forbidden' || code === 'unsupported' || code === 'quota-exhausted';
      if (!general || platformCode === UNDELIVERED || (platformCode === UNCLEAR && !unusable)) return;
      closed = {
        until: now() + (code === 'quota-exhausted' ? QUOTA_CLOSED_MS : CLOSED_MS),
        reason: platformCode,
      };
      log.warn({ code, platformCode }, 'dingtalk cards are refused: answers come once, as Markdown');
    },
  };
}
