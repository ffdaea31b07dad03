import type { Clock } from '../../../src/contract/runtime.ts';
import { isObject, parseJson } from './json.ts';
import type { Platform } from './platform.ts';
import { postWebhook, sealBody, type WebhookTarget } from './webhook.ts';

/** What the console says when an address is saved. */
export type UrlCheck = 'verified' | 'timeout' | 'wrong-status' | 'wrong-challenge';

const answerWithinMs = 1000;

/** Posts the `url_verification` challenge; it must come back within a second. The check itself is not signed. */
export async function checkWebhookUrl(
  target: WebhookTarget,
  platform: Platform,
  clock: Clock,
  token = platform.app.verificationToken,
): Promise<UrlCheck> {
  const challenge = platform.ids.uuid();
  const event = JSON.stringify({ challenge, token, type: 'url_verification' });
  const ended = new AbortController();
  const timer = clock.sleep(answerWithinMs, ended.signal).then(() => ended.abort());
  const body = sealBody(event, platform.app, target, platform.now(), platform.ids, false);
  const answer = await postWebhook(target.url, body, ended.signal);
  ended.abort();
  await timer;
  if (answer === undefined) return 'timeout';
  if (answer.status !== 200) return 'wrong-status';
  const decoded = parseJson(answer.body);
  return isObject(decoded) && decoded['challenge'] === challenge ? 'verified' : 'wrong-challenge';
}
