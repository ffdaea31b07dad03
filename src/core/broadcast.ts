import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId } from '../contract/ids.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { Broadcast, Tally } from '../store/broadcasts.ts';
import type { Store } from '../store/store.ts';
import type { Access, Asker } from './access.ts';
import { audienceOf, type Audience } from './audience.ts';
import { createBroadcastDelivery } from './broadcast-delivery.ts';
import type { PolicyBook } from './policy.ts';

const minuteMs = 60_000;
/** Who has not asked for longer than this hears nothing. */
const audienceAgeMs = 30 * 24 * 60 * minuteMs;
/** An announcement that is not confirmed within this must be made anew. */
export const confirmWithinMs = 10 * minuteMs;
/** Chats looked at, the latest used first; at one message a second more would take a day. */
const maxChats = 50_000;
/** Of the broadcast's id, enough that nobody hits another's by a slip; it only works for the one who asked. */
const codeLength = 6;
const codeShape = new RegExp(`^[a-z0-9]{${codeLength}}$`);
const watchIntervalMs = 1_000;
/** Tells the others that a broadcast was begun or stopped. */
const channel = 'broadcast';
/** How long whoever stops another replica's broadcast waits for the message under way, and how often it looks. */
const settleWithinMs = 3_000;
const settleIntervalMs = 100;

export type BroadcastServices = {
  readonly store: Pick<Store, 'broadcasts' | 'signals'>;
  /** Whether this is the process, of all on the database, that sends; unset where there is no other. */
  readonly leading?: () => boolean;
  readonly policy: Pick<PolicyBook, 'current'>;
  readonly access: Pick<Access, 'mayAsk'>;
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Logger;
  /** Whoever ends the process waits for this work. */
  readonly background: (work: Promise<void>) => void;
  /** Aborts when no further message may leave; what is left is sent after the next start. */
  readonly halting: AbortSignal;
  /** Aborts when the process must let go of everything. */
  readonly dying: AbortSignal;
};

export type Announcement =
  | { readonly state: 'ready'; readonly code: string; readonly audience: Audience }
  /** The text is too long for one message of this integration. */
  | { readonly state: 'too-long'; readonly adapter: AdapterId; readonly maxBytes: number }
  | { readonly state: 'nobody'; readonly audience: Audience };

export type Confirmation =
  | { readonly state: 'begun'; readonly id: string }
  /** No such code of this person, used already, or too old. */
  | { readonly state: 'unknown' }
  | { readonly state: 'busy' };

/** Where a broadcast stands; `ended`: nothing more will be sent. */
export type BroadcastProgress = { readonly tally: Tally; readonly ended: boolean };

export type Broadcasts = {
  /** Looks who would get it and keeps it until it is confirmed. */
  announce(text: string, by: Asker, at: number): Promise<Announcement>;
  /** Begins to send. `again`: the same confirmation is carried out once more, after a crash. */
  confirm(code: string, by: Asker, at: number, again: boolean): Promise<Confirmation>;
  /** Ends whatever is being sent; resolves with what had become of it. */
  stop(): Promise<readonly Tally[]>;
  /** Tells now and then how far it has come; the last one has `ended`, unless the signal aborts. */
  watch(id: string, signal: AbortSignal): AsyncIterable<BroadcastProgress>;
  /** Goes on with what an earlier process had begun. */
  recover(): Promise<void>;
  /** Sends what any process begins, until the signal aborts; then another one does. */
  lead(signal: AbortSignal): Promise<void>;
};

/** An administrator's message to every chat that uses the bot: asked for, confirmed, sent slowly, each chat once. */
export function createBroadcasts(services: BroadcastServices): Broadcasts {
  const { store, adapters, clock, log, leading = () => true } = services;
  const deliver = createBroadcastDelivery({ ...services, store: store.broadcasts });
  const running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  let looking: Promise<unknown> = Promise.resolve();

  function begin(broadcast: Broadcast): void {
    if (running.has(broadcast.id)) return;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, services.halting]);
    const work = deliver(broadcast, signal)
      .catch((error: unknown) => log.error({ broadcast: codeOf(broadcast.id), error }, 'a broadcast failed'))
      .finally(() => running.delete(broadcast.id));
    running.set(broadcast.id, { stop, ended: work });
    services.background(work);
  }

  /** Brings what is sent here in line with what is stored: another process may have begun or stopped it. */
  function look(): Promise<void> {
    const looked = looking.then(lookOnce);
    looking = looked.catch(() => undefined);
    return looked;
  }

  async function lookOnce(): Promise<void> {
    const sending = await store.broadcasts.sending();
    for (const [id, { stop }] of running) if (!sending.includes(id)) stop.abort();
    // What is under way here must not be taken for what a dead process left.
    if (!leading() || sending.every((id) => running.has(id))) return;
    for (const broadcast of await store.broadcasts.takeUp()) {
      log.info({ broadcast: codeOf(broadcast.id) }, 'going on with a broadcast');
      begin(broadcast);
    }
  }

  const lookSafely = (): void =>
    void look().catch((error: unknown) => log.warn({ error }, 'broadcasts could not be looked for'));

  /** What became of a broadcast that was stopped, once the message under way is settled, here or elsewhere. */
  async function settled(id: string): Promise<Tally> {
    const work = running.get(id);
    work?.stop.abort();
    await work?.ended;
    const giveUpAt = clock.now().getTime() + settleWithinMs;
    let tally = await store.broadcasts.tally(id);
    while (work === undefined && tally.has('sending') && clock.now().getTime() < giveUpAt) {
      await clock.sleep(settleIntervalMs, services.dying);
      tally = await store.broadcasts.tally(id);
    }
    return tally;
  }

  return {
    async announce(text, by, at) {
      const used = await store.broadcasts.usedChats(at - audienceAgeMs, maxChats);
      const audience = audienceOf({ ...services, rules: services.policy.current().rules }, used);
      if (audience.recipients.length === 0) return { state: 'nobody', audience };
      const narrow = tooNarrow(adapters, audience, text);
      if (narrow !== undefined)
        return { state: 'too-long', adapter: narrow.id, maxBytes: narrow.capabilities.maxReplyBytes };
      const id = services.newId();
      const { platform, person } = by;
      const asked: Broadcast = { id, text, platform, person, state: 'asked', createdAt: at };
      await store.broadcasts.draft(asked, audience.recipients);
      return { state: 'ready', code: codeOf(id), audience };
    },
    async confirm(code, by, at, again) {
      if (!codeShape.test(code)) return { state: 'unknown' };
      const found = await store.broadcasts.find(by.platform, by.person, code);
      if (found === undefined) return { state: 'unknown' };
      if (found.state !== 'asked') return again ? { state: 'begun', id: found.id } : { state: 'unknown' };
      if (at - found.createdAt > confirmWithinMs) return { state: 'unknown' };
      if (!(await store.broadcasts.begin(found.id))) return { state: 'busy' };
      if (leading()) begin(found);
      else await store.signals.notify(channel, found.id);
      return { state: 'begun', id: found.id };
    },
    async stop() {
      const sending = await store.broadcasts.sending();
      const ended = sending.map(async (id) => {
        // Written first: a crash in between must not begin it again.
        await store.broadcasts.end(id, 'stopped');
        if (!running.has(id)) await store.signals.notify(channel, id);
        return settled(id);
      });
      return Promise.all(ended);
    },
    async *watch(id, signal) {
      while (!signal.aborted) {
        const work = running.get(id)?.ended;
        const ended = work === undefined && !(await store.broadcasts.sending()).includes(id);
        yield { tally: await store.broadcasts.tally(id), ended };
        if (ended) return;
        const next = new AbortController();
        const pause = clock.sleep(watchIntervalMs, AbortSignal.any([signal, next.signal]));
        await Promise.race(work === undefined ? [pause] : [work, pause]);
        next.abort();
      }
    },
    recover: look,
    async lead(signal) {
      const stopListening = store.signals.listen(channel, { received: lookSafely, missed: lookSafely });
      try {
        await look();
        await clock.sleep(Infinity, signal);
      } finally {
        stopListening();
        const sending = [...running.values()];
        for (const { stop } of sending) stop.abort();
        await Promise.all(sending.map(({ ended }) => ended));
      }
    },
  };
}

/** What people see of a broadcast's id, and confirm it with. */
function codeOf(id: string): string {
  return id.slice(0, codeLength);
}

/** The recipients' integration that cannot hold the text in one message. */
function tooNarrow(
  adapters: ReadonlyMap<AdapterId, Adapter>,
  { recipients }: Audience,
  text: string,
): Adapter | undefined {
  const used = new Set(recipients.map(({ adapter }) => adapter));
  return [...adapters.values()].find((adapter) => {
    const { replySize, maxReplyBytes } = adapter.capabilities;
    const rendered = adapter.render(text, true);
    const measured = replySize === 'json' ? JSON.stringify(rendered).slice(1, -1) : rendered;
    return used.has(adapter.id) && Buffer.byteLength(measured) > maxReplyBytes;
  });
}
