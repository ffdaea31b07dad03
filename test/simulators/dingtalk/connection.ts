import type { RawData, WebSocket } from 'ws';
import { isObject, parseJson, type JsonObject } from '../feishu/json.ts';
import { dataFrame, systemFrame, type FrameAddress, type PushFrame } from './frames.ts';
import type { Platform } from './platform.ts';

/** What a client asked for when it got its ticket. */
export type Registration = {
  readonly subscriptions: readonly { readonly type: string; readonly topic: string }[];
  readonly ua: string | undefined;
  readonly localIp: string | undefined;
};

/** The client's acknowledgement of one frame; `data` is decoded when it is JSON. */
export type Acknowledgement = { readonly code: number; readonly data: unknown };

/** One open Stream connection and what can go wrong with it. */
export type SimConnection = {
  readonly id: string;
  readonly openedMs: number;
  readonly registration: Registration;
  /** Whether a `disconnect` frame was sent: nothing is delivered any more. */
  leaving(): boolean;
  /** Whether the client answered the `disconnect` frame; it need not. */
  disconnectAcknowledged(): boolean;
  pings(): { readonly sent: number; readonly answered: number };
  /** Frames of the client that answer nothing that is open: late, repeated, unreadable. */
  strayFrames(): number;
  /** Sends a frame; resolves with the acknowledgement, or undefined when it closes or `signal` aborts. */
  push(frame: PushFrame, messageId: string, signal: AbortSignal): Promise<Acknowledgement | undefined>;
  /** Sends a SYSTEM ping; resolves with whether its `opaque` came back before the connection closed. */
  ping(): Promise<boolean>;
  /** Says that the connection is expired, is silent from then on, and cuts TCP after ten seconds. */
  disconnect(reason?: string): void;
  /** Cuts the TCP connection. */
  drop(): void;
  /** Closes in an orderly way. */
  kick(): void;
  /** Stays open but neither reads nor sends anything again, not even a pong. */
  halfOpen(): void;
  /** Sends this text as a frame, whatever it is. */
  sendRaw(text: string): void;
  /** Sends a SYSTEM frame such as `CONNECTED`, `REGISTERED`, `KEEPALIVE`. */
  sendSystem(topic: string): void;
};

export function createConnection(
  socket: WebSocket,
  registration: Registration,
  platform: Platform,
): SimConnection {
  const { ids, rules, clock } = platform;
  const address: FrameAddress = { appId: platform.app.unifiedAppId, connectionId: ids.uuid() };
  const waiting = new Map<string, (acknowledgement: Acknowledgement | undefined) => void>();
  const closed = new AbortController();
  const counts = { sent: 0, answered: 0, stray: 0 };
  let silent = false;
  let leaving = false;
  let disconnectAcknowledged = false;

  function send(frame: JsonObject): void {
    if (!silent && !leaving && socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
  }

  function acknowledged(messageId: string, signal: AbortSignal): Promise<Acknowledgement | undefined> {
    const { promise, resolve } = Promise.withResolvers<Acknowledgement | undefined>();
    const settle = (acknowledgement: Acknowledgement | undefined): void => {
      waiting.delete(messageId);
      signal.removeEventListener('abort', abandon);
      resolve(acknowledgement);
    };
    const abandon = (): void => settle(undefined);
    signal.addEventListener('abort', abandon);
    waiting.set(messageId, settle);
    if (signal.aborted || socket.readyState !== socket.OPEN) abandon();
    return promise;
  }

  function receive(text: string): void {
    const frame = parseJson(text);
    const headers = isObject(frame) && isObject(frame['headers']) ? frame['headers'] : {};
    const messageId = headers['messageId'];
    const settle = typeof messageId === 'string' ? waiting.get(messageId) : undefined;
    if (settle !== undefined && isObject(frame)) return settle(decodeAcknowledgement(frame));
    if (!leaving) {
      counts.stray += 1;
      return;
    }
    disconnectAcknowledged = true;
    if (rules.disconnectAcknowledgement === 'closes') socket.terminate();
  }

  async function ping(): Promise<boolean> {
    const messageId = ids.frameId();
    const frame = systemFrame('ping', address, platform, { opaque: ids.uuid() }, messageId);
    counts.sent += 1;
    const answer = acknowledged(messageId, closed.signal);
    send(frame);
    const acknowledgement = await answer;
    const echoed = acknowledgement?.code === 200 && sameData(acknowledgement.data, frame['data']);
    if (echoed) counts.answered += 1;
    return echoed;
  }

  async function keepPinging(): Promise<void> {
    if (rules.pingIntervalMs === Infinity) return;
    for (;;) {
      await clock.sleep(rules.pingIntervalMs, closed.signal);
      if (closed.signal.aborted) return;
      if (leaving || silent) continue;
      void ping();
      // The newest one has had no time to be answered.
      const missed = counts.sent - counts.answered - 1;
      if (rules.unansweredPings === 'closed' && missed >= 2) socket.terminate();
    }
  }

  async function keepAlive(): Promise<void> {
    if (rules.keepaliveFrameMs === Infinity) return;
    for (;;) {
      await clock.sleep(rules.keepaliveFrameMs, closed.signal);
      if (closed.signal.aborted) return;
      sendSystem('KEEPALIVE');
    }
  }

  const sendSystem = (topic: string): void => send(systemFrame(topic, address, platform, {}, ids.frameId()));

  async function cutLater(): Promise<void> {
    await clock.sleep(rules.limits.disconnectMs, closed.signal);
    socket.terminate();
  }

  socket.on('message', (data) => receive(textOf(data)));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    closed.abort();
    for (const settle of waiting.values()) settle(undefined);
  });
  void keepPinging();
  void keepAlive();

  return {
    id: address.connectionId,
    openedMs: platform.now(),
    registration,
    leaving: () => leaving,
    disconnectAcknowledged: () => disconnectAcknowledged,
    pings: () => ({ sent: counts.sent, answered: counts.answered }),
    strayFrames: () => counts.stray,
    push(frame, messageId, signal) {
      const answer = acknowledged(messageId, AbortSignal.any([signal, closed.signal]));
      send(dataFrame(frame, address, platform, messageId));
      return answer;
    },
    ping,
    disconnect(reason = 'connection is expired') {
      if (leaving) return;
      const messageId = rules.disconnectHasMessageId ? ids.frameId() : undefined;
      send(systemFrame('disconnect', address, platform, { reason }, messageId));
      leaving = true;
      void cutLater();
    },
    drop: () => socket.terminate(),
    kick: () => socket.close(1000, 'kicked'),
    halfOpen() {
      silent = true;
      socket.pause();
    },
    sendRaw: (text) => socket.send(text),
    sendSystem,
  };
}

function decodeAcknowledgement(frame: JsonObject): Acknowledgement {
  const data = frame['data'];
  return {
    code: typeof frame['code'] === 'number' ? frame['code'] : 0,
    data: typeof data === 'string' ? parseJson(data) : undefined,
  };
}

/** Whether an echoed `data` says the same; the string itself was decoded on the way. */
function sameData(decoded: unknown, sent: unknown): boolean {
  return typeof sent === 'string' && JSON.stringify(decoded) === sent;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}
