import { createHmac, randomUUID } from 'node:crypto';
import type { UnreadableKind } from '../../../src/contract/inbound.ts';
import type { Clock } from '../../../src/contract/runtime.ts';
import type { Failure, Person, ShownReply, Where } from '../harness.ts';

/** A message as the platform keeps it; mentions stand in the text as they were typed. */
export type Note = {
  readonly id: string;
  readonly where: Where;
  readonly from: Person;
  readonly text: string;
  readonly pictures: readonly Uint8Array[];
  readonly unreadable: UnreadableKind | undefined;
  readonly quotes: string | undefined;
  readonly atMs: number;
};

/** What the platform tells an adapter. */
export type News =
  | { readonly type: 'note'; readonly note: Omit<Note, 'pictures'> & { readonly pictures: number } }
  | {
      readonly type: 'recall';
      readonly id: string;
      readonly note: string;
      readonly where: Where;
      readonly from: Person;
    }
  | { readonly type: 'joined'; readonly id: string; readonly where: Where }
  | {
      readonly type: 'press';
      readonly id: string;
      readonly where: Where;
      readonly by: Person;
      readonly button: string;
    };

/** What an adapter asks the platform to show. */
export type View = Omit<ShownReply, 'id' | 'pings' | 'buttons'> & {
  readonly buttons: readonly { readonly id: string; readonly label: string }[];
};

/** The platform said no (`lost`: it may have said yes). */
export class PlatformFault extends Error {
  readonly failure: Failure | 'unknown' | 'credentials';

  constructor(failure: Failure | 'unknown' | 'credentials') {
    super(failure);
    this.failure = failure;
  }
}

export type Bubble = { readonly id: string; readonly where: Where; readonly owner: Person; view: View };
export type Delivery = { readonly note: string; acknowledged: boolean };
/** Takes one piece of news; resolves with a toast once it is stored. */
export type Receiver = (body: string, proof: string) => Promise<string | undefined>;
export type Api = 'post' | 'edit' | 'read' | 'connect';

export const MEMORY_SECRET = 'memory-secret-5150';
export const MEMORY_REDELIVERY_MS = 5_000;
export const MEMORY_CALLS_PER_SECOND = 20;
export const MEMORY_RETRY_AFTER_MS = 2_000;
const MOST_DELIVERIES = 3;

export type MemoryPlatform = ReturnType<typeof createMemoryPlatform>;

/** What proves that the platform sent this body. */
export const proofOf = (body: string): string =>
  createHmac('sha256', MEMORY_SECRET).update(body).digest('hex');

/** A chat platform without a network: it keeps messages and bubbles, pushes news, and fails when told to. */
export function createMemoryPlatform(clock: Clock) {
  const notes = new Map<string, Note>();
  const bubbles: Bubble[] = [];
  const byKey = new Map<string, Bubble>();
  const deliveries: Delivery[] = [];
  const receivers = new Map<object, Receiver>();
  const planned: { readonly failure: Failure; readonly api: Api | '*'; times: number }[] = [];
  const stopped = new AbortController();
  const refused: string[] = [];
  const recent: { readonly api: Api; readonly atMs: number }[] = [];
  let calls = 0;

  function failureOf(api: Api): Failure | undefined {
    const plan = planned.find((entry) => entry.times > 0 && (entry.api === '*' || entry.api === api));
    if (plan !== undefined) plan.times -= 1;
    return plan?.failure;
  }

  /** The platform's one rule: so many calls of an API in any second. */
  function refuseTooMany(api: Api): void {
    const nowMs = clock.now().getTime();
    while (recent[0] !== undefined && recent[0].atMs <= nowMs - 1_000) recent.shift();
    recent.push({ api, atMs: nowMs });
    if (recent.filter((call) => call.api === api).length <= MEMORY_CALLS_PER_SECOND) return;
    refused.push(`${api}: too often`);
    throw new PlatformFault('rate-limited');
  }

  /** One call over the wire that is not there. */
  async function call<Result>(api: Api, signal: AbortSignal, effect: () => Result): Promise<Result> {
    calls += 1;
    const failure = failureOf(api);
    await Promise.resolve();
    if (failure === undefined) {
      refuseTooMany(api);
      return effect();
    }
    if (failure === 'answer-lost') effect();
    if (failure === 'no-answer') await clock.sleep(3_600_000, AbortSignal.any([signal, stopped.signal]));
    throw new PlatformFault(failure);
  }

  function attempt(news: News): Promise<string | undefined> {
    const receiver = [...receivers.values()].at(-1);
    if (receiver === undefined) return Promise.reject(new PlatformFault('unknown'));
    const body = JSON.stringify(news);
    return receiver(body, proofOf(body));
  }

  async function deliver(news: News): Promise<void> {
    const delivery = { note: news.type === 'note' ? news.note.id : news.id, acknowledged: false };
    deliveries.push(delivery);
    for (let times = 0; times < MOST_DELIVERIES && !delivery.acknowledged; times += 1) {
      if (times > 0) await clock.sleep(MEMORY_REDELIVERY_MS, stopped.signal);
      if (stopped.signal.aborted) return;
      delivery.acknowledged = await attempt(news).then(
        () => true,
        () => false,
      );
    }
  }

  const known = (id: string): Bubble => {
    const bubble = bubbles.find((entry) => entry.id === id);
    if (bubble === undefined) throw new PlatformFault('unknown');
    return bubble;
  };

  return {
    notes,
    bubbles,
    deliveries,
    deliver,
    call,
    press: (news: News) => attempt(news),
    subscribe: (who: object, receiver: Receiver) => void receivers.set(who, receiver),
    unsubscribe: (who: object) => receivers.delete(who),
    subscribed: (who: object) => receivers.has(who),
    calls: () => calls,
    refused: () => refused,
    fail: (failure: Failure, api: Api | '*', times: number) => void planned.push({ failure, api, times }),
    mend: () => void planned.splice(0),
    stop: () => stopped.abort(),
    /** Shows a bubble; under a key it has seen, it shows no second one. */
    post(where: Where, owner: Person, key: string, view: View): Bubble {
      const posted = byKey.get(key);
      if (posted !== undefined) return posted;
      const bubble = { id: randomUUID(), where, owner, view };
      bubbles.push(bubble);
      byKey.set(key, bubble);
      return bubble;
    },
    edit(id: string, view: View): void {
      known(id).view = view;
    },
  };
}
