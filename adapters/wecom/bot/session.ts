import { WebSocket, type RawData } from 'ws';
import type { Clock, Logger } from '../../../src/contract/runtime.ts';
import { isFields, parseJson, read, readNumber, readText } from '../../shared/json.ts';
import { openingFault } from '../../shared/open-socket.ts';
import { SocketAgent } from '../../shared/socket-agent.ts';
import { readRefusal } from '../error-codes.ts';
import type { BotLink } from './link.ts';

/**
 * How a long connection ended. `refused`: the credentials are wrong. `displaced`: somebody else logged in with them.
 */
export type SessionEnd = {
  readonly kind: 'lost' | 'refused' | 'displaced' | 'stopped';
  readonly detail: string;
};

/** A callback as it came. */
export type BotCallback = {
  readonly cmd: 'aibot_msg_callback' | 'aibot_event_callback';
  readonly reqId: string;
  readonly body: unknown;
};

export type SessionOptions = {
  readonly botId: string;
  readonly secret: string;
  readonly wsUrl: string;
  readonly link: BotLink;
  readonly proxyFor: (url: URL) => string | undefined;
  readonly clock: Clock;
  readonly uuid: () => string;
  readonly log: Logger;
  /** Must not throw; its work goes on by itself, for callbacks are not acknowledged. */
  readonly onCallback: (callback: BotCallback) => void;
};

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** From the first step to the yes to our subscription, which a server that is overloaded may never give. */
const OPENING_TIMEOUT_MS = 20_000;
/** The documentation's advice (path 101463). */
const PING_INTERVAL_MS = 30_000;
/** Two pings without anything coming in. */
const SILENCE_TIMEOUT_MS = 70_000;
/** A callback holds at most one message; files come as addresses. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

/**
 * One long connection, from opening it until it is over, whatever ended it; resolves then, with nothing left behind.
 * Never rejects. Our own client: the official one has no time-out on the subscription, credits a late acknowledgement to
 * the next frame and gives up for good after ten attempts, and mending that from outside takes more than these lines.
 */
export async function runSession(
  options: SessionOptions,
  onUp: () => void,
  signal: AbortSignal,
): Promise<SessionEnd> {
  const { wsUrl, link, clock } = options;
  const over = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<SessionEnd>();
  const url = new URL(wsUrl);
  const agent = new SocketAgent({
    address: () => url,
    proxyFor: options.proxyFor,
    timeoutMs: HANDSHAKE_TIMEOUT_MS,
  });
  const socket = new WebSocket(wsUrl, {
    agent,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  const transmit = (text: string): void => {
    // On a socket that is closing nothing leaves; its end is about to be noticed.
    if (socket.readyState === WebSocket.OPEN) socket.send(text);
  };
  const watch = createWatch(clock, end, () => {
    transmit(frame('ping', `ping_${options.uuid()}`));
  });
  const subscription = `aibot_subscribe_${options.uuid()}`;
  const receive = createReceiver(options, subscription, end, () => {
    watch.opened();
    link.attach(transmit, () => {
      end({ kind: 'lost', detail: 'subscription forgotten 846609' });
    });
    onUp();
  });

  socket.on('open', () => {
    const { botId, secret } = options;
    transmit(frame('aibot_subscribe', subscription, { bot_id: botId, secret }));
  });
  socket.on('message', (data) => {
    watch.inbound();
    receive(parseJson(textOf(data)));
  });
  socket.on('error', (error) => {
    end({ kind: 'lost', detail: openingFault(error) ?? 'not opened' });
  });
  socket.on('close', (code) => {
    end({ kind: 'lost', detail: `closed ${code}` });
  });
  const stop = (): void => {
    end({ kind: 'stopped', detail: 'stopped' });
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  watch.start(over.signal);
  try {
    return await ended;
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
    link.detach();
    socket.terminate();
    agent.destroy();
  }
}

function frame(cmd: string, reqId: string, body?: object): string {
  return JSON.stringify({ cmd, headers: { req_id: reqId }, ...(body === undefined ? {} : { body }) });
}

/** Tells answers and callbacks apart; answers carry no `cmd`. */
function createReceiver(
  { link, log, onCallback }: SessionOptions,
  subscription: string,
  end: (end: SessionEnd) => void,
  onSubscribed: () => void,
): (message: unknown) => void {
  return (message) => {
    const reqId = readText(message, 'headers', 'req_id');
    const cmd = readText(message, 'cmd');
    if (!isFields(message) || reqId === undefined) return log.warn({}, 'wecom frame dropped: no req_id');
    const body = read(message, 'body');
    if (cmd === 'aibot_msg_callback' || cmd === 'aibot_event_callback') {
      if (readText(body, 'event', 'eventtype') === 'disconnected_event')
        return end({ kind: 'displaced', detail: 'displaced by another login' });
      return onCallback({ cmd, reqId, body });
    }
    if (cmd !== undefined) return log.debug({ cmd: cmd.slice(0, 64) }, 'wecom frame of no use');
    const verdict = { errcode: readNumber(message, 'errcode'), errmsg: readText(message, 'errmsg') };
    if (reqId !== subscription) return link.acknowledge(reqId, verdict);
    const refusal = readRefusal(verdict.errcode, verdict.errmsg);
    if (refusal === undefined) return onSubscribed();
    const kind = refusal.code === 'unauthorized' ? 'refused' : 'lost';
    end({ kind, detail: `${kind === 'refused' ? 'auth' : 'subscribe'} ${refusal.errcode}` });
  };
}

/** Pings, and ends the session when nothing came in for too long. */
function createWatch(clock: Clock, end: (end: SessionEnd) => void, ping: () => void) {
  let heardAt = clock.now().getTime();
  let subscribed = false;
  const silentMs = (): number => clock.now().getTime() - heardAt;
  async function watch(over: AbortSignal): Promise<void> {
    await clock.sleep(OPENING_TIMEOUT_MS, over);
    if (!subscribed) return end({ kind: 'lost', detail: 'not subscribed in time' });
    while (!over.aborted) {
      ping();
      await clock.sleep(PING_INTERVAL_MS, over);
      if (silentMs() > SILENCE_TIMEOUT_MS) end({ kind: 'lost', detail: 'silent' });
    }
  }
  return {
    inbound() {
      heardAt = clock.now().getTime();
    },
    opened() {
      subscribed = true;
    },
    start(over: AbortSignal) {
      void watch(over);
    },
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
