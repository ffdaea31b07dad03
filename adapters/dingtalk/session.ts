import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { TOPIC_CARD, TOPIC_ROBOT } from 'dingtalk-stream';
import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import type { SessionEnd, SessionHooks } from './connection.ts';
import type { Gateway } from './gateway.ts';
import type { Intake } from './intake.ts';
import { StreamClient } from './stream-client.ts';

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
  const { clientId, clientSecret, userAgent, gateway, clock, log } = options;
  const over = new AbortController();
  const lifetime = AbortSignal.any([signal, over.signal]);
  const { promise: ended, resolve: end } = Promise.withResolvers<SessionEnd>();
  const stop = (): void => {
    end(STOPPED);
  };
  signal.addEventListener('abort', stop, { once: true });
  const watch = createWatch(clock, lifetime);
  const agent = createAgent(gateway.socketProtocol(), options.proxyFor);
  const client = new StreamClient({
    clientId,
    clientSecret,
    userAgent,
    agent,
    openGateway: () => gateway.open(lifetime),
    hooks: {
      onInbound: watch.inbound,
      onPush: createPushHandler(options, (messageId, response) => {
        client.socketCallBackResponse(messageId, response);
      }),
      onLeaving() {
        hooks.onLeaving();
        void clock.sleep(LEAVING_MS, lifetime).then(() => {
          end({ detail: 'replaced', refused: false });
        });
      },
      onDropped(reason) {
        log.warn({ reason }, 'dingtalk frame dropped');
      },
      onClose() {
        over.abort();
        end({ detail: 'the connection was closed', refused: false });
      },
    },
  });
  try {
    await Promise.race([client.getEndpoint().then(() => client._connect()), ended]);
    if (signal.aborted || over.signal.aborted) return await ended;
    hooks.onUp();
    void watch.run(
      () => {
        client.ping();
      },
      () => {
        end({ detail: 'silent', refused: false });
      },
    );
    const result = await ended;
    client.leave();
    await clock.sleep(result === STOPPED ? GOODBYE_MS : 0, over.signal);
    return result;
  } catch (error) {
    return faultOf(error);
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
    client.terminate();
    agent.destroy(); // a handshake under way would otherwise hold its socket until its own time-out
  }
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

/** For the socket; Node's own agent goes through a proxy by CONNECT. */
function createAgent(origin: URL, proxyFor: (url: URL) => string | undefined): HttpAgent {
  if (origin.protocol === 'http:') return new HttpAgent();
  const proxy = proxyFor(origin);
  return new HttpsAgent(proxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: proxy } });
}

/** `failed` needs a person: credentials refused, the app not published, the robot not in Stream mode. */
function faultOf(error: unknown): SessionEnd {
  if (error instanceof AdapterError) {
    const refused = error.code === 'unauthorized' || error.code === 'forbidden' || error.code === 'invalid';
    return { detail: `${refused ? 'auth' : error.code} ${error.platformCode ?? ''}`.trim(), refused };
  }
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return { detail: `handshake ${typeof code === 'string' ? code : 'refused'}`, refused: false };
}
