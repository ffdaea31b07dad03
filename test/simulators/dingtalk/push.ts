import { createBoundedList } from '../feishu/bounded-list.ts';
import { isObject } from '../feishu/json.ts';
import { postWebhook } from '../feishu/webhook.ts';
import type { Acknowledgement, SimConnection } from './connection.ts';
import type { ConnectionHub } from './connection-hub.ts';
import { everyEvent, type PushFrame } from './frames.ts';
import { signedHeaders, type CallbackTarget } from './http-callback.ts';
import type { Platform } from './platform.ts';

/**
 * How one push ended. `lost`: it fell into the ten seconds after a `disconnect` frame and will never come.
 * `no-connection`: no client is subscribed, or the HTTP address did not answer.
 */
export type PushOutcome = 'acknowledged' | 'refused' | 'unacknowledged' | 'lost' | 'no-connection';

export type PushAttempt = {
  readonly atMs: number;
  /** Until the acknowledgement; undefined when none came. */
  readonly acknowledgedAfterMs: number | undefined;
  readonly outcome: PushOutcome;
  /** `headers.messageId` of the frame: new for each attempt. */
  readonly messageId: string;
  readonly connectionId?: string;
  /** Status of the answer to an HTTP callback. */
  readonly status?: number;
};

/** One push and every attempt to deliver it. */
export type Delivery = {
  readonly topic: string;
  /** Set for robot messages: equal in all attempts. */
  readonly msgId: string | undefined;
  readonly attempts: PushAttempt[];
  state: 'pending' | 'acknowledged' | 'given-up';
};

export type PushOptions = {
  /** The connection to use instead of a random one. */
  readonly connection?: SimConnection;
  readonly msgId?: string;
};

/** What came back for a callback that is asked once. */
export type CallbackAnswer = {
  readonly outcome: PushOutcome | 'timeout';
  /** `response` of the acknowledgement's data. */
  readonly response: unknown;
};

/** What the robot's HTTP address answered. */
export type CallbackReply = { readonly status: number; readonly body: string };

export type Pusher = {
  /** Pushes until it is acknowledged: once more after 60 s. Resolves when that is settled. */
  deliver(frame: PushFrame, options?: PushOptions): Promise<Delivery>;
  /** Posts a robot message to the HTTP address, once. */
  post(
    frame: PushFrame,
    target: CallbackTarget,
    msgId: string,
    onReply: (reply: CallbackReply) => void,
  ): Promise<Delivery>;
  /** Pushes once and waits up to 2 s for the answer: card callbacks are never repeated. */
  call(frame: PushFrame): Promise<CallbackAnswer>;
  deliveries(): readonly Delivery[];
};

const rememberedDeliveries = 20_000;

export function createPusher(platform: Platform, hub: ConnectionHub): Pusher {
  const { clock, rules, stopped } = platform;
  const deliveries = createBoundedList<Delivery>(rememberedDeliveries);

  function begin(topic: string, msgId: string | undefined): Delivery {
    const delivery: Delivery = { topic, msgId, attempts: [], state: 'pending' };
    deliveries.push(delivery);
    return delivery;
  }

  /** One frame to one connection; waits for the acknowledgement as long as a second attempt is not due. */
  async function attempt(frame: PushFrame, { connection }: PushOptions): Promise<PushAttempt> {
    const atMs = platform.now();
    const messageId = platform.ids.frameId();
    const chosen = connection ?? hub.any(frame.type, frame.topic);
    const base = { atMs, messageId, acknowledgedAfterMs: undefined };
    if (chosen === undefined) return { ...base, outcome: 'no-connection' };
    const connectionId = chosen.id;
    if (chosen.leaving()) return { ...base, outcome: 'lost', connectionId };
    const due = deadline(rules.limits.redeliveryMs);
    const acknowledgement = await chosen.push(frame, messageId, due.signal);
    const acknowledgedAfterMs = acknowledgement === undefined ? undefined : platform.now() - atMs;
    const outcome = outcomeOf(frame, acknowledgement);
    // What failed early waits for its second attempt all the same.
    if (outcome !== 'acknowledged' && rules.redelivery === 'once') await due.passed;
    due.end();
    return { atMs, messageId, acknowledgedAfterMs, outcome, connectionId };
  }

  function outcomeOf(frame: PushFrame, acknowledgement: Acknowledgement | undefined): PushOutcome {
    if (acknowledgement === undefined) return 'unacknowledged';
    const { code, data } = acknowledgement;
    const later = frame.topic === everyEvent && isObject(data) && data['status'] === 'LATER';
    if (later) return 'refused';
    return code === 200 || rules.refusedAcknowledgement === 'accepted' ? 'acknowledged' : 'refused';
  }

  function deadline(milliseconds: number): {
    readonly signal: AbortSignal;
    readonly passed: Promise<void>;
    end(): void;
  } {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, stopped]);
    const passed = clock.sleep(milliseconds, signal).then(() => ended.abort());
    return { signal, passed, end: () => ended.abort() };
  }

  return {
    async deliver(frame, options = {}) {
      const delivery = begin(frame.topic, options.msgId);
      for (const again of [false, true]) {
        const made = await attempt(frame, again ? {} : options);
        if (stopped.aborted) return delivery;
        delivery.attempts.push(made);
        if (made.outcome === 'acknowledged') {
          delivery.state = 'acknowledged';
          return delivery;
        }
        const repeatable = made.outcome === 'unacknowledged' || made.outcome === 'refused';
        if (!repeatable || rules.redelivery === 'never') break;
      }
      delivery.state = 'given-up';
      return delivery;
    },
    async post(frame, target, msgId, onReply) {
      const delivery = begin(frame.topic, msgId);
      const atMs = platform.now();
      const body = JSON.stringify(frame.data);
      const due = deadline(rules.limits.httpCallbackMs);
      const headers = signedHeaders(target.signature, platform);
      const answer = await postWebhook(target.url, { body, headers }, due.signal);
      due.end();
      const outcome =
        answer === undefined ? 'no-connection' : answer.status === 200 ? 'acknowledged' : 'refused';
      delivery.attempts.push({
        atMs,
        messageId: platform.ids.frameId(),
        acknowledgedAfterMs: answer === undefined ? undefined : platform.now() - atMs,
        outcome,
        ...(answer === undefined ? {} : { status: answer.status }),
      });
      delivery.state = outcome === 'acknowledged' ? 'acknowledged' : 'given-up';
      if (answer !== undefined) onReply(answer);
      return delivery;
    },
    async call(frame) {
      const delivery = begin(frame.topic, undefined);
      const connection = hub.any(frame.type, frame.topic);
      if (connection === undefined || connection.leaving()) {
        delivery.state = 'given-up';
        return { outcome: connection === undefined ? 'no-connection' : 'lost', response: undefined };
      }
      const atMs = platform.now();
      const messageId = platform.ids.frameId();
      const due = deadline(rules.limits.cardCallbackMs);
      const acknowledgement = await connection.push(frame, messageId, due.signal);
      due.end();
      const elapsedMs = platform.now() - atMs;
      const outcome = outcomeOf(frame, acknowledgement);
      const acknowledgedAfterMs = acknowledgement === undefined ? undefined : elapsedMs;
      delivery.attempts.push({ atMs, messageId, acknowledgedAfterMs, outcome, connectionId: connection.id });
      delivery.state = outcome === 'acknowledged' ? 'acknowledged' : 'given-up';
      if (acknowledgement === undefined) return { outcome: 'timeout', response: undefined };
      const { data } = acknowledgement;
      return { outcome, response: isObject(data) ? data['response'] : undefined };
    },
    deliveries: () => deliveries.all(),
  };
}
