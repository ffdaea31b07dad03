import type { Adapter, AdapterDeps, WebhookRequest } from '../../../src/contract/adapter.ts';
import type { AdapterError } from '../../../src/contract/errors.ts';
import type { InboundEvent, InboundMessage, Inbox } from '../../../src/contract/inbound.ts';
import type { ReplyOpening, ReplyOutcome, ReplySink, Snapshot } from '../../../src/contract/reply.ts';
import type { CreateHarness } from '../harness.ts';
import type { MemoryOptions } from '../memory/adapter.ts';

/** Puts something else in the place of an adapter, or of what it is given. */
export type Remake = {
  readonly adapter?: (adapter: Adapter, deps: AdapterDeps) => Adapter;
  readonly deps?: (deps: AdapterDeps) => AdapterDeps;
};

/** The same platform, whose adapters are remade. */
export const remade =
  (createHarness: CreateHarness, remake: Remake): CreateHarness =>
  async (surroundings) => {
    const harness = await createHarness(surroundings);
    return {
      ...harness,
      async createAdapter(deps, credentials) {
        const adapter = await harness.createAdapter(remake.deps?.(deps) ?? deps, credentials);
        return remake.adapter?.(adapter, deps) ?? adapter;
      },
    };
  };

/** An adapter that is broken in one way, and the behaviours that must notice. */
export type Broken = Remake & {
  /** Continues "an adapter that …". */
  readonly is: string;
  readonly caughtBy: readonly string[];
  readonly options?: Partial<MemoryOptions>;
  /** Nothing in it belongs to the memory platform: any harness must let the suite see it. */
  readonly anywhere?: true;
};

export type Change = (adapter: Adapter) => Adapter;

/** Something else stands between the adapter and the inbox. */
export const withInbox =
  (between: (inbox: Inbox) => Inbox): Change =>
  (adapter) => ({ ...adapter, start: (inbox) => adapter.start(between(inbox)) });

export const withEvents = (change: (event: InboundEvent) => InboundEvent): Change =>
  withInbox((inbox) => (event) => inbox(change(event)));

export const withMessages = (change: (message: InboundMessage) => Partial<InboundMessage>): Change =>
  withEvents((event) => (event.type === 'message' ? { ...event, ...change(event) } : event));

export const withOpening =
  (change: (opening: ReplyOpening) => ReplyOpening): Change =>
  (adapter) => ({ ...adapter, openReply: (opening, signal) => adapter.openReply(change(opening), signal) });

type SinkChange = (sink: ReplySink, adapter: Adapter) => Partial<ReplySink>;

export const withSink =
  (change: SinkChange): Change =>
  (adapter) => ({
    ...adapter,
    async openReply(opening, signal) {
      const sink = await adapter.openReply(opening, signal);
      return { ...sink, ...change(sink, adapter) };
    },
    async resumeReply(handle, signal) {
      const sink = await adapter.resumeReply(handle, signal);
      return { ...sink, ...change(sink, adapter) };
    },
  });

export const withEnd = (change: (outcome: ReplyOutcome) => Partial<Snapshot>): Change =>
  withSink((sink) => ({
    close: (outcome, signal) =>
      sink.close({ ...outcome, snapshot: { ...outcome.snapshot, ...change(outcome) } }, signal),
  }));

export const withRender =
  (render: (markdown: string, complete: boolean, sound: Adapter['render']) => string): Change =>
  (adapter) => ({
    ...adapter,
    render: (markdown, complete) => render(markdown, complete, (...given) => adapter.render(...given)),
  });

export const withRequests =
  (change: (request: WebhookRequest) => WebhookRequest): Change =>
  (adapter) => ({
    ...adapter,
    webhooks: adapter.webhooks.map((route) => ({
      ...route,
      handle: (request) => route.handle(change(request)),
    })),
  });

/** Every rejection of a platform call becomes something else. */
export const withErrors =
  (change: (error: AdapterError, about: string) => unknown): Change =>
  (adapter) => {
    const changed =
      <Given extends readonly never[], Result>(call: (...given: Given) => Promise<Result>) =>
      (...given: Given): Promise<Result> =>
        call(...given).catch((error: unknown) => {
          throw change(error as AdapterError, wordsOf(given));
        });
    const sinks = withSink((sink) => ({ update: changed(sink.update), close: changed(sink.close) }))(adapter);
    return { ...sinks, openReply: changed(sinks.openReply), fetchMedia: changed(adapter.fetchMedia) };
  };

function wordsOf(given: readonly unknown[]): string {
  return given
    .map((part) => JSON.stringify(typeof part === 'function' ? (part as () => unknown)() : part))
    .join(' ');
}

export const both =
  (...changes: readonly Change[]): Change =>
  (adapter) =>
    changes.reduce((changed, change) => change(changed), adapter);
