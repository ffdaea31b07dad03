import type { CallBudget, CallLimit } from './budget.ts';
import type { Capabilities } from './capabilities.ts';
import type {
  AdapterId,
  Address,
  ChatKey,
  MediaRef,
  PersonKey,
  PlatformId,
  QuoteRef,
  ReplyHandle,
} from './ids.ts';
import type { Inbox, Place } from './inbound.ts';
import type { MediaBody, QuotedMessage } from './media.ts';
import type { ReplyOpening, ReplySink, Snapshot } from './reply.ts';
import type { CallersOfBudget, Elect, SharedValues } from './replicas.ts';
import type { Clock, Logger } from './runtime.ts';

/** One HTTP request as it came in: header names in lower case, body bytes untouched (at most 1 MiB). */
export type WebhookRequest = {
  readonly method: 'GET' | 'POST';
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export type WebhookResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

/** A fixed path under `/webhooks/`. `handle` does not throw for bad input: it answers 4xx and does nothing. */
export type WebhookRoute = {
  readonly methods: readonly ('GET' | 'POST')[];
  readonly path: string;
  handle(request: WebhookRequest): Promise<WebhookResponse>;
};

/**
 * `failed`: will not come up without a person (wrong credentials). `down`: being retried. `standby`: nothing is wrong;
 * another replica holds the one connection there may be, and this one takes over when that ends.
 */
export type AdapterHealth = {
  readonly state: 'connecting' | 'up' | 'standby' | 'down' | 'failed';
  readonly since: Date;
  readonly reconnects: number;
  /** A short code or phrase for operators, such as `auth 514`; never a secret. */
  readonly detail?: string;
};

/** One step of the doctor. Words are made from `code` by the catalogue; evidence is data: a code, a host, milliseconds. */
export type Check = {
  readonly code: 'credentials' | 'bot' | 'connection' | 'permission' | 'card' | 'webhook';
  readonly state: 'passed' | 'failed' | 'unknown';
  readonly durationMs: number;
  readonly evidence: string;
  /** Permissions missing, as the console names them. */
  readonly missing?: readonly string[];
  /** The console page on which to mend it. */
  readonly link?: string;
};

/**
 * One integration of one platform. Nothing here is optional: what a platform cannot do is said in `capabilities`, and a
 * method that cannot work there rejects with `AdapterError` `unsupported`. Every rejection is an `AdapterError`.
 */
export type Adapter = {
  readonly id: AdapterId;
  readonly platform: PlatformId;
  readonly capabilities: Capabilities;
  readonly webhooks: readonly WebhookRoute[];
  /**
   * Begins to receive. Resolves as soon as that is under way, without waiting for the platform; a platform that is down
   * is retried until `stop`. Must not reject for anything that may mend itself.
   */
  start(inbox: Inbox): Promise<void>;
  /** Takes no more events (they stay unacknowledged) but still lets replies be edited. Idempotent. */
  pause(): Promise<void>;
  /** Ends everything: sockets, timers, calls. Idempotent. */
  stop(): Promise<void>;
  /** Cached, no I/O. */
  health(): AdapterHealth;
  /** Tries credentials, permissions and reachability, one check at a time. */
  probe(signal: AbortSignal): AsyncIterable<Check>;
  /**
   * Makes the model's Markdown harmless and valid here. Pure. While `complete` is false the result for a longer text
   * must begin with the result for a shorter one (what is undecided at the end is held back); with `complete` nothing
   * is held back.
   */
  render(markdown: string, complete: boolean): string;
  openReply(opening: ReplyOpening, signal: AbortSignal): Promise<ReplySink>;
  resumeReply(handle: ReplyHandle, signal: AbortSignal): Promise<ReplySink>;
  /** Where something can be sent to this person alone; undefined where their id does not tell. Pure, no I/O. */
  addressOf(person: PersonKey): Address | undefined;
  /**
   * Where something can be sent to everyone in this group, without a message to answer; undefined where the platform
   * takes no such thing. Pure, no I/O.
   */
  addressOfGroup(chat: ChatKey): Address | undefined;
  /** Sends without an inbound message: a welcome, an alert, a broadcast. `key` as in `ReplyOpening.key`. */
  send(to: Address, content: Snapshot, key: string, signal: AbortSignal): Promise<void>;
  fetchMedia(ref: MediaRef, signal: AbortSignal): Promise<MediaBody>;
  fetchQuote(ref: QuoteRef, signal: AbortSignal): Promise<QuotedMessage>;
  /**
   * Who owns the group of this place, as the platform says now; undefined where it has no owner, or one that is no
   * person. Rejects with `unsupported` unless `capabilities.groupOwnerLookup`.
   */
  ownerOf(place: Place, signal: AbortSignal): Promise<PersonKey | undefined>;
};

/** What an adapter is given; it reads nothing else from its surroundings. */
export type AdapterDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 ≤ x < 1, for jitter. */
  readonly random: () => number;
  /** A fresh RFC 4122 identifier. */
  readonly uuid: () => string;
  /** `callers` is `every` unless given: the limits are then divided among the replicas that live. */
  readonly createBudget: (limits: readonly CallLimit[], callers?: CallersOfBudget) => CallBudget;
  /** To be asked before a connection is made of which there may be only one (`Capabilities.oneConnection`). */
  readonly elect: Elect;
  readonly shared: SharedValues;
  /** The proxy for platform hosts, if one is set and `NO_PROXY` does not exempt the host. */
  readonly proxyFor: (url: URL) => string | undefined;
  /** `MEDIA_HOSTS`, lower case, `host` or `host:port`. */
  readonly mediaHosts: readonly string[];
  /** The service's version, for `User-Agent`. */
  readonly version: string;
};

/** Something wrong in the environment: which key, what was expected, and for a missing one where to find it. */
export type ConfigFault = {
  readonly key: string;
  readonly expected: string;
  /** The page of the platform's console on which the value is found. */
  readonly where?: string;
};

/** The environment after `.env` and `NAME_FILE` were applied; blank values are absent. */
export type Env = Readonly<Record<string, string | undefined>>;

export type AdapterPlan =
  | { readonly state: 'off' }
  | { readonly state: 'faulty'; readonly faults: readonly ConfigFault[] }
  | {
      readonly state: 'ready';
      readonly secrets: readonly string[];
      create(deps: AdapterDeps): Promise<Adapter>;
    };

/**
 * What `adapters/index.ts` lists. Cheap to import: the platform's SDK is loaded by `create`, so that a platform that is
 * not configured costs nothing.
 */
export type AdapterFactory = {
  readonly platform: PlatformId;
  /** Every key this adapter reads, so that a misspelt one can be noticed. */
  readonly keys: readonly string[];
  plan(env: Env): AdapterPlan;
};
