import type { Adapter } from '../../src/contract/adapter.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type {
  AdapterId,
  Address,
  ChatKey,
  EventKey,
  MediaRef,
  PersonKey,
  PlatformId,
  ReplyHandle,
  ReplyTarget,
  TenantKey,
} from '../../src/contract/ids.ts';
import type { InboundMessage } from '../../src/contract/inbound.ts';
import type { QuotedMessage } from '../../src/contract/media.ts';
import type { ReplyOutcome, ReplySink, Snapshot } from '../../src/contract/reply.ts';

/** One reply as a person would see it. */
export type ShownReply = {
  readonly key: string;
  readonly target: string;
  /** Every snapshot that was shown, in order. */
  readonly states: Snapshot[];
  outcome: ReplyOutcome['status'] | undefined;
  closes: number;
};

export type FakeAdapter = Adapter & {
  readonly replies: readonly ShownReply[];
  readonly sent: readonly { readonly to: string; readonly markdown: string }[];
  readonly media: Map<string, Uint8Array>;
  readonly quotes: Map<string, QuotedMessage>;
  /** Chats whose owner was asked for. */
  readonly ownerLookups: readonly string[];
  /** The next calls of that kind reject with these errors, one each. */
  fail(step: 'open' | 'update' | 'close' | 'send', ...errors: AdapterError[]): void;
  /** The last snapshot of the newest reply. */
  last(): Snapshot;
};

export type FakeAdapterOptions = {
  readonly maxReplyBytes?: number;
  readonly updates?: 'live' | 'final-only';
  /** Who owns which chat; undefined: this platform does not tell. */
  readonly owners?: ReadonlyMap<string, string>;
};

/** A platform in memory that keeps every rule of the contract and remembers what a person would have seen. */
export function createFakeAdapter(options: FakeAdapterOptions = {}): FakeAdapter {
  const replies: ShownReply[] = [];
  const sent: { to: string; markdown: string }[] = [];
  const failures = {
    open: [] as AdapterError[],
    update: [] as AdapterError[],
    close: [] as AdapterError[],
    send: [] as AdapterError[],
  };
  const media = new Map<string, Uint8Array>();
  const quotes = new Map<string, QuotedMessage>();
  const ownerLookups: string[] = [];

  const failIfAsked = (step: keyof typeof failures): void => {
    const error = failures[step].shift();
    if (error !== undefined) throw error;
  };

  function sinkOf(index: number): ReplySink {
    const reply = replies[index];
    if (reply === undefined) throw new AdapterError('target-gone', 'no such reply');
    return {
      handle: { index, id: `shown-${index}` } as unknown as ReplyHandle,
      async update(latest, _urgency, signal) {
        if (signal.aborted) throw new AdapterError('aborted', 'aborted');
        failIfAsked('update');
        if (reply.outcome !== undefined) throw new AdapterError('reply-closed', 'already closed');
        reply.states.push(latest());
      },
      async close(outcome) {
        failIfAsked('close');
        reply.states.push(outcome.snapshot);
        reply.outcome = outcome.status;
        reply.closes += 1;
      },
    };
  }

  return {
    id: 'fake' as AdapterId,
    platform: 'fake' as PlatformId,
    capabilities: {
      updates: options.updates ?? 'live',
      updateIntervalMs: 100,
      callLimits: [],
      monthlyCalls: undefined,
      maxReplyBytes: options.maxReplyBytes ?? 20_000,
      replySize: 'utf8',
      maxReplyAgeMs: 86_400_000,
      oneConnection: false,
      buttons: true,
      recallEvents: true,
      groupOwnerLookup: options.owners !== undefined,
      unsolicitedDirectMessages: true,
    },
    webhooks: [],
    replies,
    sent,
    media,
    quotes,
    ownerLookups,
    fail: (step, ...errors) => void failures[step].push(...errors),
    last() {
      const snapshot = replies.at(-1)?.states.at(-1);
      if (snapshot === undefined) throw new Error('nothing was shown');
      return snapshot;
    },
    start: async () => undefined,
    pause: async () => undefined,
    stop: async () => undefined,
    health: () => ({ state: 'up', since: new Date(0), reconnects: 0 }),
    async *probe() {
      yield { code: 'credentials', state: 'passed', durationMs: 1, evidence: 'fake' };
    },
    render: (markdown) => markdown,
    async openReply({ target, first, key, maybeSent, whole }) {
      failIfAsked('open');
      const known = maybeSent ? replies.findIndex((reply) => reply.key === key) : -1;
      if (known !== -1) {
        const sink = sinkOf(known);
        if (whole !== undefined)
          await sink.close({ status: whole, snapshot: first }, new AbortController().signal);
        return sink;
      }
      replies.push({
        key,
        target: JSON.stringify(target),
        states: [first],
        outcome: whole,
        closes: whole ? 1 : 0,
      });
      return sinkOf(replies.length - 1);
    },
    resumeReply: async (handle) => sinkOf((handle as unknown as { index: number }).index),
    addressOf: (person) => `direct-${person}` as unknown as Address,
    addressOfGroup: (chat) => `group-${chat}` as unknown as Address,
    async send(to, { markdown }) {
      failIfAsked('send');
      sent.push({ to: JSON.stringify(to), markdown });
    },
    async fetchMedia(ref) {
      const bytes = media.get(ref as unknown as string);
      if (bytes === undefined) throw new AdapterError('unavailable', 'no such picture');
      return {
        stream: (async function* () {
          yield bytes;
        })(),
      };
    },
    async fetchQuote(ref) {
      const quote = quotes.get(ref as unknown as string);
      if (quote === undefined) throw new AdapterError('target-gone', 'no such message');
      return quote;
    },
    async ownerOf({ chat }) {
      ownerLookups.push(chat);
      if (options.owners === undefined) throw new AdapterError('unsupported', 'groups have no owner');
      return options.owners.get(chat) as PersonKey | undefined;
    },
  };
}

let counter = 0;

/** A message in a group that mentions the bot, unless told otherwise. */
export function fakeMessage(
  parts: Partial<InboundMessage> & {
    readonly from?: string;
    readonly chat?: string;
    readonly direct?: boolean;
  } = {},
): InboundMessage {
  counter += 1;
  const { from = 'alice', chat = 'group-1', direct = false, ...rest } = parts;
  return {
    type: 'message',
    eventKey: `message-${counter}` as EventKey,
    place: {
      adapter: 'fake' as AdapterId,
      platform: 'fake' as PlatformId,
      tenant: 'tenant' as TenantKey,
      chat: chat as ChatKey,
      kind: direct ? 'direct' : 'group',
    },
    sender: { key: from as PersonKey },
    addressed: true,
    text: 'hello',
    media: [],
    unreadable: [],
    sentAt: new Date(),
    replyTarget: `target-${counter}` as unknown as ReplyTarget,
    ...rest,
  };
}

export const fakeMediaRef = (name: string): MediaRef => name as unknown as MediaRef;
export const fakeAddress = (name: string): Address => name as unknown as Address;
