import type { Adapter } from '../../src/contract/adapter.ts';
import type { CallUrgency } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Admission, InboundEvent, InboundMessage, Inbox } from '../../src/contract/inbound.ts';
import type { ReplyOpening, ReplyOutcome, ReplySink, Snapshot } from '../../src/contract/reply.ts';
import type { CreateHarness, Harness, Said, ShownReply, Where } from './harness.ts';
import { createSurroundings, socketPace, type Pace, type Surroundings } from './surroundings.ts';

/** What a behaviour rejects with when an adapter could not even be started. */
export const NOT_REACHED = 'the platform is reached';

/** Aborts never. */
export const never = new AbortController().signal;

/** One process: an adapter that was started, and what it put into its inbox. */
export type Instance = { readonly adapter: Adapter; readonly events: readonly InboundEvent[] };

/** Everything a behaviour is tried with: a fresh platform, time that the behaviour moves, processes as it needs them. */
export type Stage = Surroundings & {
  readonly harness: Harness;
  /** The first adapter, from the beginning; not started before `enter`. */
  readonly first: Adapter;
  /** An adapter of its own, not started. */
  create(credentials?: 'right' | 'wrong'): Promise<Adapter>;
  /** Starts an adapter, the first one unless one is there already, and waits until events reach it. */
  enter(inbox?: Inbox): Promise<Instance>;
  /** As `enter`, after the processes before were stopped. */
  restart(): Promise<Instance>;
  /** Says something and waits for it to arrive; the newest message is what arrived. */
  hear(instance: Instance, said: Said): Promise<InboundMessage>;
  /** Asks something in the direct chat. */
  ask(instance: Instance): Promise<InboundMessage>;
  /** Asks, and opens a reply. */
  open(instance: Instance, part?: Partial<ReplyOpening>): Promise<ReplySink>;
  update(sink: ReplySink, snapshot: Snapshot, urgency?: CallUrgency): Promise<void>;
  close(sink: ReplySink, outcome: ReplyOutcome): Promise<void>;
  /** The one reply in the direct chat; rejects when there are none or several. */
  reply(where?: Where): Promise<ShownReply>;
  end(): Promise<void>;
};

const accepted: Admission = { outcome: 'accepted' };

export async function createStage(createHarness: CreateHarness, pace: Pace = socketPace): Promise<Stage> {
  const surroundings = createSurroundings(pace);
  const { deps, until, settled } = surroundings;
  const harness = await createHarness({ clock: surroundings.clock });
  const adapters: Adapter[] = [];
  const started = new Set<Adapter>();
  let keys = 0;

  async function create(credentials?: 'right' | 'wrong'): Promise<Adapter> {
    const adapter = await harness.createAdapter(deps, credentials);
    adapters.push(adapter);
    return adapter;
  }
  const first = await create();

  async function enter(inbox: Inbox = async () => accepted): Promise<Instance> {
    const adapter = started.size === 0 ? first : await create();
    started.add(adapter);
    const events: InboundEvent[] = [];
    await settled(
      adapter.start(async (event) => {
        events.push(event);
        return inbox(event);
      }),
    );
    await until(() => adapter.health().state === 'up' && harness.reachable(adapter), NOT_REACHED);
    return { adapter, events };
  }

  const stopAll = async (): Promise<void> => {
    await settled(Promise.all(adapters.map((adapter) => adapter.stop())), 'the adapters stop');
  };

  async function hear(instance: Instance, said: Said): Promise<InboundMessage> {
    const before = messagesOf(instance).length;
    harness.say(said);
    await until(() => messagesOf(instance).length > before, 'the message arrives');
    return found(messagesOf(instance).at(-1), 'a message');
  }

  const stage: Stage = {
    ...surroundings,
    harness,
    first,
    create,
    enter,
    async restart() {
      await stopAll();
      return enter();
    },
    hear,
    ask: (instance) => hear(instance, { where: 'direct', text: question }),
    async open(instance, part = {}) {
      const target = part.target ?? (await stage.ask(instance)).replyTarget;
      return settled(
        instance.adapter.openReply(opening({ target, key: `turn-${(keys += 1)}`, ...part }), never),
      );
    },
    update: (sink, snapshot, urgency = 'live') => settled(sink.update(() => snapshot, urgency, never)),
    close: (sink, outcome) => settled(sink.close(outcome, never)),
    async reply(where = 'direct') {
      const shown = await harness.replies(where);
      if (shown.length !== 1) throw new Error(`${shown.length} replies are shown, not one`);
      return found(shown[0], 'a reply');
    },
    async end() {
      surroundings.release();
      harness.mend();
      await stopAll();
      surroundings.stop();
      await harness.stop();
    },
  };
  return stage;
}

/** Words that must appear nowhere but on the screen. */
export const question = '明年的预算是 7391 万吗';
export const answerWords = '答案是机密的 8264';

export function messagesOf({ events }: Instance): readonly InboundMessage[] {
  return events.filter((event) => event.type === 'message');
}

export function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`there is not ${what}`);
  return value;
}

export const progressWords = '正在思考 4 秒';
export const stopButton = { id: 'turn1-stop', kind: 'stop', label: '停止' } as const;
export const endButtons = [
  { id: 'turn1-retry', kind: 'retry', label: '重试' },
  { id: 'turn1-good', kind: 'good', label: '有用' },
] as const;

/** A snapshot as the core makes them while an answer grows. */
export function growing(markdown: string): Snapshot {
  return { markdown, progress: progressWords, buttons: [stopButton], preview: markdown || progressWords };
}

/** An end as the core makes them. */
export function ended(markdown: string, part: Partial<Snapshot> = {}): ReplyOutcome {
  return { status: 'complete', snapshot: { markdown, buttons: [], preview: markdown.slice(0, 20), ...part } };
}

export function opening(part: Pick<ReplyOpening, 'target' | 'key'> & Partial<ReplyOpening>): ReplyOpening {
  return { first: growing(''), maybeSent: false, ...part };
}

/** As if it had been stored and read back. */
export function stored<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

/** What a promise rejects with, which must be an `AdapterError`; undefined when it resolves. */
export async function failureOf(promise: Promise<unknown>): Promise<AdapterError | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof AdapterError) return error;
    throw new Error(`not an AdapterError but ${String(error)}`, { cause: error });
  }
}

/** What it rejects with; rejects itself when there is nothing. */
export async function rejectionOf(promise: Promise<unknown>): Promise<AdapterError> {
  return found(await failureOf(promise), 'a rejection');
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
