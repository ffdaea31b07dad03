import type { Adapter, AdapterDeps, AdapterHealth, WebhookRoute } from '../../../src/contract/adapter.ts';
import type { CallUrgency } from '../../../src/contract/budget.ts';
import { AdapterError, type AdapterErrorCode } from '../../../src/contract/errors.ts';
import type { AdapterId, PersonKey, PlatformId } from '../../../src/contract/ids.ts';
import type { Inbox } from '../../../src/contract/inbound.ts';
import { decodeNews, readRef } from './decode.ts';
import {
  MEMORY_CALLS_PER_SECOND,
  MEMORY_RETRY_AFTER_MS,
  MEMORY_SECRET,
  PlatformFault,
  proofOf,
  type Api,
  type MemoryPlatform,
} from './platform.ts';
import { createMemoryReplies } from './replies.ts';

export type MemoryOptions = {
  /** `final-only`: nothing is shown before the end. */
  readonly updates: 'live' | 'final-only';
  /** Everything stands in one text. */
  readonly oneText: boolean;
  readonly webhook: boolean;
};

/** Makes one call, within budget and time; rejects with `AdapterError` only. */
export type Out = <Result>(
  api: Api,
  urgency: CallUrgency,
  signal: AbortSignal,
  effect: () => Result,
) => Promise<Result>;

const TIMEOUT_MS = 10_000;
const CODES: Readonly<Record<PlatformFault['failure'], AdapterErrorCode>> = {
  unavailable: 'unavailable',
  'answer-lost': 'unavailable',
  'rate-limited': 'rate-limited',
  'target-gone': 'target-gone',
  'no-answer': 'timeout',
  unknown: 'invalid',
  credentials: 'unauthorized',
};

/** The smallest adapter that is one: what the suite itself is tried on. */
export function createMemoryAdapter(
  platform: MemoryPlatform,
  options: MemoryOptions,
  deps: AdapterDeps,
  secret: string,
): Adapter {
  const { clock } = deps;
  const me = {};
  const stopping = new AbortController();
  const capabilities = capabilitiesOf(options);
  const out = createOut(platform, deps, capabilities.callLimits, stopping.signal);
  const seen = new Map<string, Promise<string | undefined>>();
  let health: AdapterHealth = { state: 'connecting', since: clock.now(), reconnects: 0 };
  let inbox: Inbox | undefined;
  const become = (state: AdapterHealth['state'], detail: string): void => {
    health = { ...health, state, since: clock.now(), detail };
  };

  async function receive(body: string): Promise<string | undefined> {
    const taking = inbox;
    if (taking === undefined) throw new Error('not taking events');
    return (await taking(decodeNews(body))).toast;
  }

  async function connect(): Promise<void> {
    const { signal } = stopping;
    while (!platform.subscribed(me)) {
      try {
        await out('connect', 'background', signal, () => {
          if (secret !== MEMORY_SECRET) throw new PlatformFault('credentials');
          platform.subscribe(me, (body) => receive(body));
        });
        become('up', 'connected');
      } catch (error) {
        const refused = error instanceof AdapterError && error.code === 'unauthorized';
        if (signal.aborted) return;
        become(refused ? 'failed' : 'down', refused ? 'auth' : 'unavailable');
        await clock.sleep(1_000, signal);
      }
    }
  }

  const route: WebhookRoute = {
    methods: ['POST'],
    path: '/webhooks/memory',
    async handle({ headers, body }) {
      const text = Buffer.from(body).toString();
      const proof = headers['x-proof'];
      if (proof === undefined || proof !== proofOf(text)) return { status: 401 };
      const answer = seen.get(`${headers['x-delivery'] ?? ''} ${proof}`) ?? receive(text);
      seen.set(`${headers['x-delivery'] ?? ''} ${proof}`, answer);
      return answer.then(
        (toast) => ({ status: 200, body: toast ?? '' }),
        () => ({ status: 503 }),
      );
    },
  };

  return {
    ...createMemoryReplies(platform, options, out),
    id: 'memory' as AdapterId,
    platform: 'memory' as PlatformId,
    capabilities,
    webhooks: options.webhook ? [route] : [],
    async start(taking) {
      inbox = taking;
      void connect();
    },
    async pause() {
      inbox = undefined;
    },
    async stop() {
      inbox = undefined;
      platform.unsubscribe(me);
      stopping.abort();
      become('down', 'stopped');
    },
    health: () => health,
    async *probe(signal) {
      const right = secret === MEMORY_SECRET;
      await out('read', 'background', signal, () => undefined);
      yield { code: 'credentials', state: right ? 'passed' : 'failed', durationMs: 0, evidence: 'a look' };
    },
    // Only a full-width sign is read as a sign by nobody.
    render: (markdown, complete) =>
      (complete ? markdown : markdown.replace(/[\uD800-\uDBFF]$/, '')).toWellFormed().replaceAll('@', '＠'),
    async fetchMedia(ref, signal) {
      const { note, picture } = readRef(ref);
      const bytes = await out(
        'read',
        'first',
        signal,
        () => platform.notes.get(note)?.pictures[picture ?? -1],
      );
      if (bytes === undefined) throw new AdapterError('target-gone', 'memory: no such picture');
      return {
        stream: (async function* () {
          yield bytes;
        })(),
      };
    },
    async fetchQuote(ref, signal) {
      const { note: id } = readRef(ref);
      const note = await out('read', 'first', signal, () => platform.notes.get(id));
      if (note === undefined) throw new AdapterError('target-gone', 'memory: no such message');
      const media = note.pictures.map((_, picture) => ({ note: id, picture }) as never);
      return { author: 'person', text: note.text, media, unreadable: [] };
    },
    async ownerOf(_place, signal) {
      if (!capabilities.groupOwnerLookup)
        throw new AdapterError('unsupported', 'memory: groups have no owner');
      return out('read', 'first', signal, () => 'person-asker' as PersonKey);
    },
  };
}

function createOut(
  platform: MemoryPlatform,
  { clock, createBudget }: AdapterDeps,
  limits: Adapter['capabilities']['callLimits'],
  stopping: AbortSignal,
): Out {
  const budget = createBudget(limits);
  return async (api, urgency, signal, effect) => {
    const call = { api, urgency };
    const ended = AbortSignal.any([signal, stopping]);
    try {
      return await budget.run(call, ended, () => withinTime(platform.call(api, ended, effect), ended));
    } catch (error) {
      if (ended.aborted) throw new AdapterError('aborted', `memory ${api}: aborted`);
      const failure = error instanceof PlatformFault ? error.failure : 'unknown';
      const retryAfterMs = failure === 'rate-limited' ? MEMORY_RETRY_AFTER_MS : undefined;
      if (failure === 'rate-limited') budget.slowDown(call, retryAfterMs);
      throw new AdapterError(CODES[failure], `memory ${api}: ${failure}`, {
        sent: failure === 'answer-lost' || failure === 'no-answer' ? 'maybe' : 'no',
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      });
    }
  };

  async function withinTime<Result>(answer: Promise<Result>, signal: AbortSignal): Promise<Result> {
    const answered = new AbortController();
    const late = clock.sleep(TIMEOUT_MS, AbortSignal.any([answered.signal, signal])).then((): never => {
      throw new PlatformFault('no-answer');
    });
    late.catch(() => undefined);
    answer.catch(() => undefined);
    return Promise.race([answer, late]).finally(() => answered.abort());
  }
}

function capabilitiesOf({ updates }: MemoryOptions): Adapter['capabilities'] {
  return {
    updates,
    updateIntervalMs: 500,
    callLimits: [{ per: 'api', calls: MEMORY_CALLS_PER_SECOND, windowMs: 1_000 }],
    monthlyCalls: undefined,
    maxReplyBytes: 4_000,
    replySize: 'utf8',
    maxReplyAgeMs: 3_600_000,
    oneConnection: false,
    buttons: true,
    recallEvents: true,
    groupOwnerLookup: updates === 'live',
    unsolicitedDirectMessages: true,
  };
}
