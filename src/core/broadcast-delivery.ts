import type { Adapter } from '../contract/adapter.ts';
import { AdapterError } from '../contract/errors.ts';
import type { AdapterId } from '../contract/ids.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { mayPass } from '../reply/persist.ts';
import { preview } from '../reply/preview.ts';
import type { Broadcast, BroadcastStore, BroadcastTarget, TargetState } from '../store/broadcasts.ts';

/** Between two messages on one platform: far below every platform's limits, so that answers are not held up. */
const spacingMs = 1_000;
/** A platform that is down is looked at so often again; nothing is sent meanwhile. */
const lookAgainMs = 1_000;
/** Pauses before a message that was certainly not sent is tried again, unless the platform asks for more. */
const pausesMs = [2_000, 5_000, 15_000, 30_000, 60_000];

export type DeliveryServices = {
  readonly store: Pick<BroadcastStore, 'waiting' | 'claim' | 'settle' | 'end'>;
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dying: AbortSignal;
};

/** Sends what is left of a broadcast, all platforms at once and each slowly. Ends early, unended, when `signal` aborts. */
export type DeliverBroadcast = (broadcast: Broadcast, signal: AbortSignal) => Promise<void>;

export function createBroadcastDelivery(services: DeliveryServices): DeliverBroadcast {
  const { store, adapters, clock, log } = services;
  const lastSentAt = new Map<string, number>();

  async function onOnePlatform(
    broadcast: Broadcast,
    platform: string,
    targets: readonly BroadcastTarget[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const target of targets) {
      const waitMs = (lastSentAt.get(platform) ?? -Infinity) + spacingMs - clock.now().getTime();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      if (signal.aborted) return;
      await sendTo(services, broadcast, target, signal, () =>
        lastSentAt.set(platform, clock.now().getTime()),
      );
    }
  }

  return async (broadcast, signal) => {
    const targets = await store.waiting(broadcast.id);
    // What belongs to an integration that is no longer configured is settled like the rest, as failed.
    const platforms = Map.groupBy(targets, ({ adapter }) => adapters.get(adapter)?.platform ?? adapter);
    await Promise.all(
      [...platforms].map(([platform, some]) => onOnePlatform(broadcast, platform, some, signal)),
    );
    if (signal.aborted) return;
    await store.end(broadcast.id, 'done');
    log.info({ broadcast: broadcast.id.slice(0, 6), targets: targets.length }, 'a broadcast has ended');
  };
}

/** One chat, until it is settled. */
async function sendTo(
  services: DeliveryServices,
  broadcast: Broadcast,
  target: BroadcastTarget,
  signal: AbortSignal,
  leaving: () => void,
): Promise<void> {
  const { store, adapters, clock } = services;
  const adapter = adapters.get(target.adapter);
  for (const pauseMs of [...pausesMs, undefined]) {
    while (adapter !== undefined && isComing(adapter) && !signal.aborted)
      await clock.sleep(lookAgainMs, signal);
    if (signal.aborted) return;
    // Stored before it leaves: after a crash nobody can tell any more whether it did.
    if (!(await store.claim(broadcast.id, target.position))) return;
    leaving();
    const tried = await attempt(services, broadcast, target, adapter);
    const again = tried.state === 'waiting' && pauseMs !== undefined;
    const state = tried.state === 'waiting' && !again ? 'failed' : tried.state;
    await store.settle(broadcast.id, target.position, state);
    if (!again) return;
    await clock.sleep(tried.retryAfterMs ?? pauseMs, signal);
  }
}

/** Not there now, but without anybody's help it will be. */
function isComing(adapter: Adapter): boolean {
  const { state } = adapter.health();
  return state === 'connecting' || state === 'down';
}

type Attempt = { readonly state: TargetState; readonly retryAfterMs?: number | undefined };

async function attempt(
  { log, dying }: DeliveryServices,
  broadcast: Broadcast,
  { address, position }: BroadcastTarget,
  adapter: Adapter | undefined,
): Promise<Attempt> {
  if (adapter === undefined) return { state: 'failed' };
  const markdown = adapter.render(broadcast.text, true);
  try {
    const content = { markdown, preview: preview(markdown, '') };
    await adapter.send(address, content, `${broadcast.id}-${position}`, dying);
    return { state: 'sent' };
  } catch (error) {
    const fields = { broadcast: broadcast.id.slice(0, 6), position, adapter: adapter.id, error };
    log.warn(fields, 'a chat did not get a broadcast');
    if (error instanceof AdapterError && error.sent === 'maybe') return { state: 'unsure' };
    const again = mayPass(error) || (error instanceof AdapterError && error.code === 'aborted');
    return again ? { state: 'waiting', retryAfterMs: error.retryAfterMs } : { state: 'failed' };
  }
}
