import { setImmediate } from 'node:timers/promises';
import { postWebhook } from '../feishu/webhook.ts';
import { encryptCallback, signCallback, type CallbackKeys } from './encryption.ts';
import type { Platform } from './platform.ts';

/** How one attempt ended. `sent`: onto a long connection, which acknowledges nothing. */
export type AttemptOutcome = 'sent' | 'answered' | 'refused' | 'timeout' | 'unreachable';

/** One callback and every attempt to deliver it. */
export type Delivery = {
  readonly channel: 'long-connection' | 'bot-webhook' | 'app-callback';
  /** `msgid` or `MsgId`; the app's events have none, theirs is ours. */
  readonly messageId: string;
  /** `text`, `mixed`, …, `enter_chat`, … */
  readonly kind: string;
  readonly attempts: {
    readonly atMs: number;
    readonly durationMs: number;
    readonly outcome: AttemptOutcome;
    /** HTTP status, where there is one. */
    readonly status?: number;
    readonly url?: string;
  }[];
  state: 'pending' | 'delivered' | 'lost';
};

/** An address, or several that stand for replicas: each request goes to any of them. */
export type CallbackTarget = string | readonly string[];

/** The answer to one callback, still encrypted; `nonce` and `timestamp` are those of the request. */
export type CallbackAnswer = { readonly body: string; readonly nonce: string; readonly url: string };

type Attempt = {
  readonly outcome: AttemptOutcome;
  readonly status?: number;
  readonly answer?: CallbackAnswer;
};

/** Wraps the encrypted text into the body of the request. */
export type Envelope = (encrypted: string) => { readonly body: string; readonly mime: string };

export type PostOptions = {
  readonly target: CallbackTarget;
  readonly keys: CallbackKeys;
  readonly envelope: Envelope;
  readonly retries: number;
  readonly platform: Platform;
};

/**
 * Posts a callback until it is answered with status 200, encrypted and signed anew each time. Gives the answer, or
 * undefined when the callback is given up.
 */
export async function postCallback(
  text: string,
  delivery: Delivery,
  options: PostOptions,
): Promise<CallbackAnswer | undefined> {
  const { platform, retries } = options;
  const { clock, stopped, rules } = platform;
  for (let attempt = 0; attempt <= retries; attempt += 1) {
    if (attempt > 0 && rules.limits.retryDelayMs > 0) await clock.sleep(rules.limits.retryDelayMs, stopped);
    if (stopped.aborted) return undefined;
    const atMs = platform.now();
    const url = anyOf(options.target, platform);
    const { outcome, status, answer } = await postOnce(url, text, options);
    const told = status === undefined ? {} : { status };
    delivery.attempts.push({ atMs, durationMs: platform.now() - atMs, outcome, url, ...told });
    if (outcome === 'answered') {
      delivery.state = 'delivered';
      return answer;
    }
  }
  delivery.state = 'lost';
  return undefined;
}

export function anyOf(target: CallbackTarget, { random }: Platform): string {
  const urls = typeof target === 'string' ? [target] : target;
  const url = urls[Math.floor(random() * urls.length)];
  if (url === undefined) throw new Error('there is no callback address');
  return url;
}

/** `url` with signature, timestamp and nonce; all percent-encoded. */
export function signedUrl(
  url: string,
  encrypted: string,
  more: Readonly<Record<string, string>>,
  keys: CallbackKeys,
  platform: Platform,
): { readonly url: string; readonly nonce: string } {
  const timestamp = String(Math.floor(platform.now() / 1000));
  const nonce = platform.ids.nonce();
  const signature = signCallback(keys.token, timestamp, nonce, encrypted);
  const query = Object.entries({ msg_signature: signature, timestamp, nonce, ...more })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return { url: `${url}${url.includes('?') ? '&' : '?'}${query}`, nonce };
}

/** Runs `request` for at most `withinMs` of the platform's clock. */
export async function withinTime<Answer>(
  withinMs: number,
  { clock, stopped }: Platform,
  request: (signal: AbortSignal) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly late: boolean }> {
  const ended = new AbortController();
  let late = false;
  const timer = clock.sleep(withinMs, AbortSignal.any([ended.signal, stopped])).then(() => {
    late = !ended.signal.aborted;
    ended.abort();
  });
  const answer = await request(ended.signal);
  ended.abort();
  await timer;
  return { answer, late };
}

async function postOnce(target: string, text: string, options: PostOptions): Promise<Attempt> {
  const { platform, keys, envelope } = options;
  const encrypted = encryptCallback(text, keys, platform.ids.bytes(16));
  const { url, nonce } = signedUrl(target, encrypted, {}, keys, platform);
  const { body, mime } = envelope(encrypted);
  const { answer, late } = await withinTime(platform.rules.limits.callbackMs, platform, (signal) =>
    postWebhook(url, { body, headers: { 'content-type': mime } }, signal),
  );
  // A burst of refused connections must not keep everything else from running.
  await setImmediate();
  if (late) return { outcome: 'timeout' };
  if (answer === undefined) return { outcome: 'unreachable' };
  if (answer.status !== 200) return { outcome: 'refused', status: answer.status };
  return { outcome: 'answered', status: 200, answer: { body: answer.body, nonce, url: target } };
}
