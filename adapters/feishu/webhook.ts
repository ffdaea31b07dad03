import type { WebhookRequest, WebhookResponse, WebhookRoute } from '../../src/contract/adapter.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { createCallbackCount, type CallbacksSeen } from '../shared/callback-count.ts';
import { createReplayMemory } from '../shared/replay-memory.ts';
import { jsonAnswer, refusalAnswer } from '../shared/webhook-answer.ts';
import type { Intake } from './intake.ts';
import { verifyWebhook, type VerifyKeys } from './verify.ts';

type WebhookOptions = {
  readonly keys: VerifyKeys;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Logger;
};

export type FeishuWebhook = {
  readonly route: WebhookRoute;
  /** When the last genuine request came. */
  readonly lastSeen: () => Date | undefined;
  /** What came since the start, and what was refused. */
  readonly seen: () => CallbacksSeen;
};

/** Requests remembered against replay. A genuine Feishu app sends far fewer within the time window. */
const MAX_REMEMBERED = 20_000;

/** Which of our settings a refused request does not match, by the reason in the log. */
const MISMATCHES: ReadonlyMap<string, string> = new Map([
  ['a wrong signature', 'FEISHU_ENCRYPT_KEY'],
  ['not encrypted with our key', 'FEISHU_ENCRYPT_KEY'],
  // Without an encrypt key in the console nothing is signed, and with another one the address check is unreadable.
  ['not signed', 'FEISHU_ENCRYPT_KEY'],
  ['another verification token', 'FEISHU_VERIFICATION_TOKEN'],
  ['another app', 'FEISHU_APP_ID'],
  ['out of the time window', 'stale'],
]);

/**
 * `POST /webhooks/feishu`. Feishu counts only HTTP 200 within 3 s as delivered, so a genuine event is always answered
 * 200 with a JSON body once it is stored, and 503 when it could not be (Feishu delivers it again). Whatever is not
 * genuine gets a constant 4xx.
 *
 * A replay, the very same signed bytes again, gets the answer the first one got and has no effect. It is not refused:
 * whether Feishu signs a redelivery anew is not documented, and a refused redelivery would be counted as a failure.
 * A request whose event could not be stored is forgotten, so that its redelivery counts.
 */
export function createFeishuWebhook({ keys, intake, clock, log }: WebhookOptions): FeishuWebhook {
  // A timestamp may lie a window ahead of us and is accepted until a window after it.
  const answered = createReplayMemory<WebhookResponse>({
    clock,
    keepMs: 2 * keys.windowMs,
    capacity: MAX_REMEMBERED,
  });
  const count = createCallbackCount(clock);

  async function take(payload: unknown): Promise<WebhookResponse> {
    return jsonAnswer(200, await intake.receive(payload));
  }

  async function handle(request: WebhookRequest): Promise<WebhookResponse> {
    const verified = verifyWebhook(request, keys, clock.now());
    if (verified.type === 'refused') {
      log.warn({ status: verified.status, reason: verified.reason }, 'feishu webhook request refused');
      count.refused(MISMATCHES.get(verified.reason) ?? 'form');
      return refusalAnswer(verified.status);
    }
    count.genuine();
    if (verified.type === 'challenge') return jsonAnswer(200, { challenge: verified.challenge });
    try {
      return await answered.once(verified.signature, () => take(verified.payload));
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'feishu event not taken');
      return jsonAnswer(503, { error: 'try again' });
    }
  }

  return {
    route: { methods: ['POST'], path: '/webhooks/feishu', handle },
    lastSeen: () => count.seen().lastGenuine,
    seen: count.seen,
  };
}
