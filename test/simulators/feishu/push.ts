import type { Clock } from '../../../src/contract/runtime.ts';
import { createBoundedList } from './bounded-list.ts';
import type { SimConnection } from './connection.ts';
import type { ConnectionHub } from './connection-hub.ts';
import { envelope, type FeishuEvent } from './events.ts';
import { parseJson } from './json.ts';
import type { Platform } from './platform.ts';
import { postWebhook, sealBody, type WebhookTarget } from './webhook.ts';

/** How one push ended. `no-connection`: no client is connected (or the address does not answer). */
export type PushOutcome = 'acknowledged' | 'refused' | 'timeout' | 'no-connection';

/** One event and every attempt to deliver it. */
export type Delivery = {
  readonly eventId: string;
  readonly eventType: string;
  /** Set for `im.message.receive_v1`. */
  readonly messageId?: string;
  readonly attempts: {
    readonly atMs: number;
    readonly durationMs: number;
    readonly outcome: PushOutcome;
    readonly connectionId?: string;
  }[];
  state: 'pending' | 'acknowledged' | 'given-up';
};

/** How an event is to be pushed; the plain way when nothing is said. */
export type PushOptions = {
  /** Frames the payload is cut into. */
  readonly chunks?: number;
  /** The connection to use instead of a random one. */
  readonly connection?: SimConnection;
  readonly messageId?: string;
};

/** The answer to a callback: what came back in time, with its body. */
export type CallbackAnswer = {
  readonly outcome: PushOutcome;
  readonly status: number;
  readonly body: unknown;
};

export type Pusher = {
  /** Pushes until it is acknowledged: again after 15 s, 5 min, 1 h and 6 h. Resolves when that is settled. */
  deliver(event: FeishuEvent, options?: PushOptions): Promise<Delivery>;
  /** Pushes once and waits up to 3 s for the answer: callbacks are never repeated. */
  call(event: FeishuEvent): Promise<CallbackAnswer>;
  deliveries(): readonly Delivery[];
  /** The webhook address from now on; undefined means the long connection. */
  useWebhook(target: WebhookTarget | undefined): void;
  webhook(): WebhookTarget | undefined;
};

const answerWithinMs = 3000;
const retryDelaysMs = [15_000, 300_000, 3_600_000, 21_600_000];
const rememberedDeliveries = 20_000;

export function createPusher(
  platform: Platform,
  hub: ConnectionHub,
  clock: Clock,
  stopped: AbortSignal,
): Pusher {
  const deliveries = createBoundedList<Delivery>(rememberedDeliveries);
  let target: WebhookTarget | undefined;

  type Attempt = CallbackAnswer & { readonly connectionId?: string };

  async function attempt(
    event: FeishuEvent,
    options: PushOptions,
    frame: 'event' | 'card',
  ): Promise<Attempt> {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, stopped]);
    const timer = clock.sleep(answerWithinMs, signal).then(() => {
      const late = !ended.signal.aborted;
      ended.abort();
      return late;
    });
    const answer =
      target === undefined
        ? await viaConnection(event, options, frame, signal)
        : await viaWebhook(event, target, signal);
    ended.abort();
    const timedOut = await timer;
    return timedOut && answer.outcome !== 'acknowledged' ? { ...answer, outcome: 'timeout' } : answer;
  }

  async function viaConnection(
    event: FeishuEvent,
    options: PushOptions,
    frame: 'event' | 'card',
    signal: AbortSignal,
  ): Promise<Attempt> {
    const connection = options.connection ?? hub.any();
    if (connection === undefined) return { outcome: 'no-connection', status: 0, body: undefined };
    const payload = Buffer.from(JSON.stringify(envelope(event, platform, '')));
    const acknowledgement = await connection.push(frame, payload, options.chunks ?? 1, signal);
    const connectionId = connection.id;
    if (acknowledgement === undefined)
      return { outcome: 'no-connection', status: 0, body: undefined, connectionId };
    const outcome = acknowledgement.code === 200 ? 'acknowledged' : 'refused';
    return { outcome, status: acknowledgement.code, body: acknowledgement.body, connectionId };
  }

  async function viaWebhook(
    event: FeishuEvent,
    { url, encrypted }: WebhookTarget,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { app, ids, rules } = platform;
    const text = JSON.stringify(envelope(event, platform, app.verificationToken));
    const answer = await postWebhook(
      url,
      sealBody(text, app, { url, encrypted }, platform.now(), ids),
      signal,
    );
    if (answer === undefined) return { outcome: 'no-connection', status: 0, body: undefined };
    const accepted = answer.status === 200 || (answer.status === 204 && rules.acceptStatus204);
    return {
      outcome: accepted ? 'acknowledged' : 'refused',
      status: answer.status,
      body: parseJson(answer.body),
    };
  }

  return {
    async deliver(event, options = {}) {
      const messageId = options.messageId === undefined ? {} : { messageId: options.messageId };
      const delivery: Delivery = {
        eventId: event.eventId,
        eventType: event.type,
        ...messageId,
        attempts: [],
        state: 'pending',
      };
      deliveries.push(delivery);
      for (const delayMs of [0, ...retryDelaysMs]) {
        if (delayMs > 0) await clock.sleep(delayMs, stopped);
        if (stopped.aborted) return delivery;
        const atMs = platform.now();
        const again = options.chunks === undefined ? {} : { chunks: options.chunks };
        const { outcome, connectionId } = await attempt(event, delayMs === 0 ? options : again, 'event');
        const connection = connectionId === undefined ? {} : { connectionId };
        delivery.attempts.push({ atMs, durationMs: platform.now() - atMs, outcome, ...connection });
        if (outcome === 'acknowledged') {
          delivery.state = 'acknowledged';
          return delivery;
        }
      }
      delivery.state = 'given-up';
      return delivery;
    },
    call: (event) => attempt(event, {}, platform.rules.cardCallbackFrame),
    deliveries: () => deliveries.all(),
    useWebhook(next) {
      target = next;
    },
    webhook: () => target,
  };
}
