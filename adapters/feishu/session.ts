import type { EventDispatcher, WSClient } from '@larksuiteoapi/node-sdk';
import type { Clock, Logger } from '../../src/contract/runtime.ts';
import { codeOf } from '../shared/error-code.ts';
import { tellsMore } from '../shared/error-evidence.ts';
import type { HttpClient } from '../shared/http.ts';
import { openingFault } from '../shared/open-socket.ts';
import type { SessionEnd } from '../shared/session-end.ts';
import { SocketAgent } from '../shared/socket-agent.ts';
import { createEndpointHttp } from './endpoint.ts';
import { superviseFrames } from './sdk-frames.ts';
import { createSdkLog } from './sdk-log.ts';

export type SessionSdk = {
  readonly WSClient: typeof WSClient;
  readonly EventDispatcher: typeof EventDispatcher;
};

export type SessionOptions = {
  readonly sdk: SessionSdk;
  readonly appId: string;
  readonly appSecret: string;
  readonly baseUrl: string;
  readonly proxyFor: (url: URL) => string | undefined;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves before the event may be acknowledged; rejects when it must not be. */
  readonly receive: (raw: unknown) => Promise<object>;
};

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long after a ping the SDK waits for any frame. */
const PING_TIMEOUT_SECONDS = 15;
/** From the first step to an open connection. */
const OPENING_TIMEOUT_MS = 30_000;
/** Our own watch, should the SDK's fail: pings go out every 30 s or more often, so something comes in as often. */
const SILENCE_TIMEOUT_MS = 80_000;
const WATCH_INTERVAL_MS = 5_000;

/**
 * One long connection, from asking where to connect until it is over, whatever ended it; resolves then, with nothing
 * left behind: no socket, no timer. Never rejects.
 */
export async function runSession(
  options: SessionOptions,
  onUp: () => void,
  signal: AbortSignal,
): Promise<SessionEnd> {
  const { sdk, appId, appSecret, baseUrl, http, clock, log } = options;
  const over = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<SessionEnd>();
  const lifetime = AbortSignal.any([signal, over.signal]);
  const watch = createWatch(clock, lifetime, end);
  let address = new URL(baseUrl);
  const agent = new SocketAgent({
    address: () => address,
    proxyFor: options.proxyFor,
    timeoutMs: HANDSHAKE_TIMEOUT_MS,
    // The SDK keeps to itself what went wrong, and asks for the next address, which ends the session, too.
    onFailure: (error) => {
      if (tellsMore(codeOf(error))) end({ detail: openingFault(error) ?? 'not opened', refused: false });
    },
  });
  const logger = createSdkLog(log);
  const stop = (): void => {
    end({ detail: 'stopped', refused: false });
  };
  signal.addEventListener('abort', stop, { once: true });

  const client = new sdk.WSClient({
    appId,
    appSecret,
    domain: baseUrl,
    agent,
    logger,
    httpInstance: createEndpointHttp({
      http,
      signal: lifetime,
      addSecret: (secret) => {
        log.addSecret(secret);
      },
      onAddress: (told) => {
        address = told;
      },
      onEnd: end,
    }),
    handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
    wsConfig: { pingTimeout: PING_TIMEOUT_SECONDS },
    onReady: () => {
      watch.opened();
      onUp();
    },
    onReconnecting: () => {
      end({ detail: 'the connection was closed', refused: false });
    },
    onError: () => {
      end({ detail: 'the connection was given up', refused: false });
    },
  });
  const supervised = superviseFrames(client, {
    onInbound: watch.inbound,
    onDropped: (reason) => {
      log.warn({ reason }, 'feishu event dropped');
    },
  });
  if (!supervised) log.error({}, 'the feishu sdk has changed: button presses may be lost');
  watch.start(supervised);
  try {
    await client.start({ eventDispatcher: createDispatcher(sdk, options.receive, logger) });
    if (signal.aborted) stop();
    return await ended;
  } catch (error) {
    return { detail: error instanceof Error ? error.name : 'the sdk failed', refused: false };
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
    client.close({ force: true });
    agent.destroy(); // a handshake under way would otherwise hold its socket until its own time-out
  }
}

/** Ends the session when nothing came in for too long: the SDK alone may take a half-open line for a live one. */
function createWatch(clock: Clock, lifetime: AbortSignal, end: (end: SessionEnd) => void) {
  let last = clock.now().getTime();
  let limitMs = OPENING_TIMEOUT_MS;
  const inbound = (): void => {
    last = clock.now().getTime();
  };
  async function watch(seesFrames: boolean): Promise<void> {
    for (;;) {
      await clock.sleep(WATCH_INTERVAL_MS, lifetime);
      if (lifetime.aborted) return;
      const open = limitMs === SILENCE_TIMEOUT_MS;
      if (open && !seesFrames) return;
      if (clock.now().getTime() - last > limitMs) {
        end({ detail: open ? 'silent' : 'not open in time', refused: false });
        return;
      }
    }
  }
  return {
    inbound,
    opened() {
      limitMs = SILENCE_TIMEOUT_MS;
      inbound();
    },
    start(seesFrames: boolean) {
      void watch(seesFrames);
    },
  };
}

/** The SDK's dispatcher flattens events and answers with words of its own; ours gets the event as it came. */
function createDispatcher(
  { EventDispatcher: Base }: SessionSdk,
  receive: (raw: unknown) => Promise<object>,
  logger: ReturnType<typeof createSdkLog>,
): EventDispatcher {
  class Dispatcher extends Base {
    override async invoke(raw: unknown): Promise<object> {
      return receive(raw);
    }
  }
  return new Dispatcher({ logger });
}
