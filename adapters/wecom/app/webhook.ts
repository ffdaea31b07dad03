import type { WebhookRequest, WebhookResponse, WebhookRoute } from '../../../src/contract/adapter.ts';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { createCallbackCount, type CallbacksSeen } from '../../shared/callback-count.ts';
import { answerCheck, createVerifier, REFUSAL } from '../callback/verify.ts';
import { childText, parseXml } from '../callback/xml.ts';
import type { CallbackKeys } from '../config.ts';
import { decodeAppMessage } from '../decode/app-message.ts';
import type { InboxGate } from '../../shared/inbox-gate.ts';

type WebhookOptions = {
  readonly keys: CallbackKeys;
  readonly intake: InboxGate;
  readonly clock: Clock;
  readonly log: Logger;
};

export type AppWebhook = {
  readonly route: WebhookRoute;
  /** What came since the start, and what was refused. */
  readonly seen: () => CallbacksSeen;
};

/** Accepted, and nothing to say: the answer is sent when it is there (path 90238). */
const EMPTY: WebhookResponse = { status: 200 };

/** Which of our settings a refused request does not match, by the reason in the log. */
const MISMATCHES: ReadonlyMap<string, string> = new Map([
  ['signature', 'WECOM_AGENT_TOKEN'],
  ['decryption', 'WECOM_AGENT_ENCODING_AES_KEY'],
  ['company', 'WECOM_CORP_ID'],
]);

/** `GET|POST /webhooks/wecom/agent`: XML around an encrypted XML. */
export function createAppWebhook({ keys, intake, clock, log }: WebhookOptions): AppWebhook {
  const verifier = createVerifier(keys);
  const count = createCallbackCount(clock);

  async function handle(request: WebhookRequest): Promise<WebhookResponse> {
    if (request.method === 'GET') return check(request);
    const envelope = parseXml(Buffer.from(request.body).toString('utf8'));
    const encrypted = envelope === undefined ? undefined : childText(envelope, 'Encrypt')?.trim();
    const verified = verifier.open(request.query, encrypted);
    if (verified.type === 'refused') return refuse(verified.reason);
    const xml = parseXml(verified.text);
    if (xml === undefined) return refuse('content');
    if (childText(xml, 'ToUserName') !== keys.receiveId) return refuse('company');
    count.genuine();
    const decoded = decodeAppMessage(xml, clock.now());
    if ('ignored' in decoded) {
      log.debug({ reason: decoded.ignored }, 'wecom event ignored');
      return EMPTY;
    }
    try {
      await intake.enter((take) => take(decoded.event));
      return EMPTY;
    } catch (error) {
      log.warn({ error }, 'wecom event not taken');
      return { status: 503 };
    }
  }

  function check(request: WebhookRequest): WebhookResponse {
    const answer = answerCheck(request, verifier);
    if ('reason' in answer) return refuse(answer.reason);
    count.genuine();
    return answer;
  }

  function refuse(reason: string): WebhookResponse {
    log.warn({ reason }, 'wecom webhook request refused');
    count.refused(MISMATCHES.get(reason) ?? 'form');
    return REFUSAL;
  }

  return {
    route: { methods: ['GET', 'POST'], path: '/webhooks/wecom/agent', handle },
    seen: count.seen,
  };
}
