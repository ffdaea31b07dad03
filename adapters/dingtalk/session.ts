import { TOPIC_CARD, TOPIC_ROBOT } from 'dingtalk-stream';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { errorEvidence } from '../shared/error-evidence.ts';
import { openingFault } from '../shared/open-socket.ts';
import type { SessionEnd } from '../shared/session-end.ts';
import type { SessionHooks } from './connection.ts';
import type { Gateway } from './gateway.ts';
import type { Intake } from './intake.ts';
import { StreamClient, type StreamHooks } from './stream-client.ts';

export type SessionOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userAgent: string;
  readonly gateway: Gateway;
  readonly intake: Pick<Intake, 'message' | 'press'>;
  readonly proxyFor: (url: URL) => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
};

/** A sign of life is asked for as often; after three without any the connection is given up: at most 80 s in all. */
const PING_INTERVAL_MS = 20_000;
const SILENT_PINGS = 3;
/** DingTalk closes ten seconds after its `disconnect` frame; should it not, we do. */
const LEAVING_MS = 15_000;
/** How long a goodbye may take. */
const GOODBYE_MS = 1_000;

const STOPPED: SessionEnd = { detail: 'stopped', refused: false };
const CLOSED: SessionEnd = { detail: 'the connection was closed', refused: false };

/** Pushes being stored at one time. What comes beyond that stays unacknowledged and comes again. */
const MAX_PENDING_PUSHES = 500;

/**
 * One Stream connection, from asking where to connect until it is over, whatever ended it; resolves then, with nothing
 * left behind: no socket, no timer. Never rejects.
 */
export async function runSession(
  options: SessionOptions,
  hooks: SessionHooks,
  signal: AbortSignal,
): Promise<SessionEnd> {
  const { clock } = options;
  const life = createLife(signal);
  const watch = createWatch(clock, life.signal);
  const client = createClient(options, { ...hooks, onInbound: watch.inbound }, life);
  try {
    await Promise.race([client.getEndpoint().then(() => client._connect()), life.ended]);
    if (signal.aborted) return STOPPED;
    if (life.signal.aborted) return CLOSED;
    life.up = true;
    hooks.onUp();
    void watch.run(
      () => {
        client.ping();
      },
      () => {
        life.end({ detail: 'silent', refused: false });
      },
    );
    const end = await life.ended;
    client.leave();
    await clock.sleep(end === STOPPED ? GOODBYE_MS : 0, life.over.signal);
    return end;
  } catch (error) {
    return faultOf(error);
  } finally {
    life.stop();
    client.terminate();
  }
}

type Life = {
  /** Aborted when the connection is over, or is to end. */
  readonly signal: AbortSignal;
  /** Aborted when the socket is closed. */
  readonly over: AbortController;
  readonly ended: Promise<SessionEnd>;
  readonly end: (end: SessionEnd) => void;
  readonly stop: () => void;
  up: boolean;
};

function createLife(stopping: AbortSignal): Life {
  const over = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<SessionEnd>();
  const onStop = (): void => {
    end(STOPPED);
  };
  stopping.addEventListener('abort', onStop, { once: true });
  return {
    signal: AbortSignal.any([stopping, over.signal]),
    over,
    ended,
    end,
    stop() {
      over.abort();
      stopping.removeEventListener('abort', onStop);
    },
    up: false,
  };
}

function createClient(
  options: SessionOptions,
  { onInbound, onLeaving }: SessionHooks & Pick<StreamHooks, 'onInbound'>,
  life: Life,
): StreamClient {
  const { clientId, clientSecret, userAgent, gateway, clock, log } = options;
  const client: StreamClient = new StreamClient({
    clientId,
    clientSecret,
    userAgent,
    proxyFor: options.proxyFor,
    openGateway: () => gateway.open(life.signal),
    hooks: {
      onInbound,
      onPush: createPushHandler(options, (messageId, response) => {
        client.socketCallBackResponse(messageId, response);
      }),
      onLeaving() {
        onLeaving();
        void clock.sleep(LEAVING_MS, life.signal).then(() => {
          life.end({ detail: 'replaced', refused: false });
        });
      },
      onDropped(reason) {
        log.warn({ reason }, 'dingtalk frame dropped');
      },
      onClose() {
        life.over.abort();
        // Before it was open, what the attempt is rejected with says more.
        if (life.up) life.end(CLOSED);
      },
    },
  });
  return client;
}

/** Acknowledges a push once it is stored, and not at all when it could not be: then it comes again. */
function createPushHandler(
  { intake, log }: SessionOptions,
  acknowledge: (messageId: string, response: unknown) => void,
): (topic: string, messageId: string | undefined, payload: unknown) => void {
  let pending = 0;

  async function take(topic: string, messageId: string | undefined, payload: unknown): Promise<unknown> {
    if (topic === TOPIC_ROBOT) {
      await intake.message(payload);
      return null;
    }
    return topic === TOPIC_CARD ? intake.press(payload, messageId) : null;
  }

  return (topic, messageId, payload) => {
    if (pending >= MAX_PENDING_PUSHES) {
      log.warn({ pending }, 'too many dingtalk pushes at once: one stays unacknowledged');
      return;
    }
    pending += 1;
    take(topic, messageId, payload)
      .then(
        (response) => {
          if (messageId !== undefined) acknowledge(messageId, response);
        },
        (error: unknown) => {
          log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'dingtalk push not taken');
        },
      )
      .finally(() => {
        pending -= 1;
      });
  };
}

/** Counts in steps, not in time: while our own process stands still, the platform is not silent. */
function createWatch(clock: Clock, lifetime: AbortSignal) {
  let silentPings = 0;
  return {
    inbound: (): void => {
      silentPings = 0;
    },
    run: async (ping: () => void, onSilent: () => void): Promise<void> => {
      for (;;) {
        await clock.sleep(PING_INTERVAL_MS, lifetime);
        if (lifetime.aborted) return;
        if (silentPings >= SILENT_PINGS) {
          onSilent();
          return;
        }
        silentPings += 1;
        ping();
      }
    },
  };
}

/** `failed` needs a person: credentials refused, the app not published, the robot not in Stream mode. */
function faultOf(error: unknown): SessionEnd {
  if (error instanceof AdapterError) {
    const refused = error.code === 'unauthorized' || error.code === 'forbidden' || error.code === 'invalid';
    return { detail: errorEvidence(error, refused ? 'auth' : error.code), refused };
  }
  return { detail: openingFault(error) ?? 'handshake refused', refused: false };
}
