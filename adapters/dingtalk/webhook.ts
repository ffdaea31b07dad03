import type { WebhookRequest, WebhookResponse, WebhookRoute } from '../../src/contract/adapter.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { createCallbackCount, type CallbacksSeen } from '../shared/callback-count.ts';
import { createReplayMemory } from '../shared/replay-memory.ts';
import { jsonAnswer, refusalAnswer } from '../shared/webhook-answer.ts';
import type { Intake } from './intake.ts';
import { verifyWebhook } from './verify.ts';

type WebhookOptions = {
  readonly clientSecret: string;
  readonly intake: Pick<Intake, 'message'>;
  readonly clock: Clock;
  readonly log: Logger;
};

export type DingTalkWebhook = {
  readonly route: WebhookRoute;
  /** What came since the start, and what was refused. */
  readonly seen: () => CallbacksSeen;
};

/** DingTalk itself says an hour. The signature proves so little that a minute, enough for clocks, is all it gets. */
const WINDOW_MS = 60_000;
/** Signed moments remembered. More genuine messages than that do not come in two minutes. */
const MAX_REMEMBERED = 20_000;

/** Which of our settings a refused request does not match, by the reason in the log. */
const MISMATCHES: ReadonlyMap<string, string> = new Map([
  ['a wrong signature', 'DINGTALK_CLIENT_SECRET'],
  ['out of the time window', 'stale'],
]);

type Answered = { readonly digest: string; readonly response: WebhookResponse };

/**
 * `POST /webhooks/dingtalk`. A genuine message is answered 200 once it is stored, with a body that says nothing into the
 * chat, and 503 when it could not be stored. Whatever is not genuine gets a constant 4xx.
 *
 * A signed moment is good for one message. The very same bytes again get the first answer and have no effect; another
 * body under the same signature is a forgery. One whose message could not be stored is forgotten, so that it may come
 * again.
 */
export function createDingTalkWebhook({ clientSecret, intake, clock, log }: WebhookOptions): DingTalkWebhook {
  const answered = createReplayMemory<Answered>({
    clock,
    // A timestamp may lie a window ahead of us and is accepted until a window after it.
    keepMs: 2 * WINDOW_MS,
    capacity: MAX_REMEMBERED,
  });
  const count = createCallbackCount(clock);

  async function handle(request: WebhookRequest): Promise<WebhookResponse> {
    const verified = verifyWebhook(request, { clientSecret, windowMs: WINDOW_MS }, clock.now());
    if (verified.type === 'refused') return refuse(verified.status, verified.reason);
    const { payload, proof, digest } = verified;
    try {
      const first = await answered.once(proof, async () => {
        await intake.message(payload);
        return { digest, response: jsonAnswer(200, { msgtype: 'empty' }) };
      });
      if (first.digest !== digest) return refuse(401, 'a signature used for another message');
      count.genuine();
      return first.response;
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'dingtalk message not taken');
      return jsonAnswer(503, { error: 'try again' });
    }
  }

  function refuse(status: 400 | 401 | 415, reason: string): WebhookResponse {
    log.warn({ status, reason }, 'dingtalk webhook request refused');
    count.refused(MISMATCHES.get(reason) ?? 'form');
    return refusalAnswer(status);
  }

  return { route: { methods: ['POST'], path: '/webhooks/dingtalk', handle }, seen: count.seen };
}
