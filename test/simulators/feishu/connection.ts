import type { RawData, WebSocket } from 'ws';
import { decodeFrame, encodeFrame, type Frame } from './frames.ts';
import type { Ids } from './ids.ts';
import { isObject, parseJson } from './json.ts';

/** What the endpoint call hands out, in seconds and counts; also the payload of a pong. */
export type ClientConfig = {
  readonly ReconnectCount: number;
  readonly ReconnectInterval: number;
  readonly ReconnectNonce: number;
  readonly PingInterval: number;
};

/** The client's acknowledgement of one data frame: `code` 200 or 500, `body` what the handler returned. */
export type Acknowledgement = { readonly code: number; readonly body: unknown };

/** One open long connection and what can go wrong with it. */
export type SimConnection = {
  readonly id: string;
  readonly openedMs: number;
  /** Whether the client has pinged, as it does right on opening: before that it may not be listening yet. */
  readonly ready: () => boolean;
  /** Sends a data frame, cut into `chunks` pieces; resolves with the acknowledgement, or undefined when it closes or `signal` aborts. */
  push(
    type: 'event' | 'card',
    payload: Buffer,
    chunks: number,
    signal: AbortSignal,
  ): Promise<Acknowledgement | undefined>;
  /** Cuts the TCP connection. */
  drop(): void;
  /** Closes in an orderly way, as the platform does when it moves clients. */
  kick(): void;
  /** Stays open but neither answers nor sends anything again. */
  halfOpen(): void;
  /** Pings go unanswered; data still flows. */
  omitPongs(): void;
  /** Sends bytes that are no frame. */
  sendGarbage(): void;
  /** Sends a data frame whose fragment numbers make no sense. */
  sendMalformedFragment(): void;
};

export type ConnectionOptions = {
  readonly ids: Ids;
  readonly random: () => number;
  readonly config: ClientConfig;
  readonly pongCarriesConfig: boolean;
  now(): number;
};

export function createConnection(
  socket: WebSocket,
  service: number,
  options: ConnectionOptions,
  onReady: () => void,
): SimConnection {
  const waiting = new Map<string, (acknowledgement: Acknowledgement | undefined) => void>();
  let silent = false;
  let pongs = true;
  let pinged = false;
  let sequence = 0n;

  function send(method: number, headers: Readonly<Record<string, string>>, payload: Uint8Array): void {
    if (silent) return;
    sequence += 1n;
    const logId = BigInt(Math.floor(options.random() * 2 ** 48));
    socket.send(
      encodeFrame({
        seqId: sequence,
        logId,
        service,
        method,
        headers: new Map(Object.entries(headers)),
        payload,
      }),
    );
  }

  function pong(): void {
    send(0, { type: 'pong' }, Buffer.from(options.pongCarriesConfig ? JSON.stringify(options.config) : ''));
  }

  function receive(frame: Frame): void {
    if (frame.method === 0 && frame.headers.get('type') === 'ping') {
      if (pongs) pong();
      const first = !pinged;
      pinged = true;
      if (first) onReady();
    }
    if (frame.method === 1)
      waiting.get(frame.headers.get('message_id') ?? '')?.(decodeAcknowledgement(frame.payload));
  }

  function dataHeaders(type: string, messageId: string, sum: number, seq: number): Record<string, string> {
    return {
      type,
      message_id: messageId,
      sum: String(sum),
      seq: String(seq),
      trace_id: options.ids.hex(32),
      timestamp: String(options.now()),
    };
  }

  socket.on('message', (data) => {
    if (silent) return;
    try {
      receive(decodeFrame(bytesOf(data)));
    } catch {
      socket.terminate(); // as the platform ends a client that speaks another protocol
    }
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    for (const settle of waiting.values()) settle(undefined);
  });

  return {
    id: options.ids.uuid(),
    openedMs: options.now(),
    ready: () => pinged,
    push(type, payload, chunks, signal) {
      const messageId = options.ids.uuid();
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
      slices(payload, chunks).forEach((slice, index, all) =>
        send(1, dataHeaders(type, messageId, all.length, index), slice),
      );
      return promise;
    },
    drop: () => socket.terminate(),
    kick: () => socket.close(1000, 'kicked'),
    halfOpen() {
      silent = true;
    },
    omitPongs() {
      pongs = false;
    },
    sendGarbage: () => socket.send(Buffer.from('ffffffffffff00', 'hex')),
    sendMalformedFragment: () => send(1, dataHeaders('event', options.ids.uuid(), 2, 7), Buffer.from('{}')),
  };
}

function decodeAcknowledgement(payload: Uint8Array): Acknowledgement {
  const decoded = parseJson(Buffer.from(payload).toString('utf8'));
  if (!isObject(decoded) || typeof decoded['code'] !== 'number') return { code: 500, body: undefined };
  const data = decoded['data'];
  const body = typeof data === 'string' ? parseJson(Buffer.from(data, 'base64').toString('utf8')) : undefined;
  return { code: decoded['code'], body };
}

/** Pieces of nearly equal length, wherever they cut a character. */
function slices(payload: Buffer, chunks: number): readonly Buffer[] {
  const size = Math.max(1, Math.ceil(payload.length / chunks));
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, index) => payload.subarray(index * size, (index + 1) * size));
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
