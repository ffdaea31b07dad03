import { DWClient, TOPIC_CARD, TOPIC_ROBOT, type DWClientDownStream } from 'dingtalk-stream';
import { WebSocket, type RawData } from 'ws';
import { isFields, parseJson, read, readText } from '../shared/json.ts';
import { SocketAgent } from '../shared/socket-agent.ts';

export type StreamClientOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userAgent: string;
  readonly proxyFor: (url: URL) => string | undefined;
  /** Asks the gateway where to connect: a ticket for one connection, good for 90 s. */
  readonly openGateway: () => Promise<{ readonly endpoint: string; readonly ticket: string }>;
  readonly hooks: StreamHooks;
};

export type StreamHooks = {
  /** Anything came in, of any kind: the connection lives. */
  readonly onInbound: () => void;
  /** A robot message or a card callback, with the frame's id by which it is acknowledged. */
  readonly onPush: (topic: string, messageId: string | undefined, payload: unknown) => void;
  /** The platform will close this connection and delivers nothing over it any more. */
  readonly onLeaving: () => void;
  readonly onDropped: (reason: string) => void;
  readonly onClose: () => void;
};

/** What is asked for, and nothing else: the SDK's own default also asks for every event of the organisation. */
export const SUBSCRIPTIONS: readonly { readonly type: string; readonly topic: string }[] = [
  { type: 'CALLBACK', topic: TOPIC_ROBOT },
  { type: 'CALLBACK', topic: TOPIC_CARD },
];

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** The official Java client's cap is 256 KiB. */
const MAX_FRAME_BYTES = 1024 * 1024;

/**
 * One connection of the official client, used once: the protocol (dispatch, pings, acknowledgements) is the SDK's, its
 * lifetime is ours. SDK 2.1.5 would reconnect in a storm, leak a heartbeat with each connection, hide that connecting
 * failed, die of a frame that is not JSON, share its subscriptions between clients and write to the console; each of
 * these is in one of the methods that are replaced here, or in an option that is off.
 */
export class StreamClient extends DWClient {
  readonly #options: StreamClientOptions;
  #url = '';
  #socket: WebSocket | undefined;
  #agent: SocketAgent | undefined;
  #terminated = false;

  constructor(options: StreamClientOptions) {
    const { clientId, clientSecret, userAgent } = options;
    const settings = {
      clientId,
      clientSecret,
      ua: userAgent,
      autoReconnect: false,
      keepAlive: false,
      subscriptions: SUBSCRIPTIONS.map((subscription) => ({ ...subscription })),
    };
    super(settings);
    this.#options = options;
  }

  /** Asks with a time limit, through the proxy, and rejects when it fails. */
  override async getEndpoint(): Promise<this> {
    const { endpoint, ticket } = await this.#options.openGateway();
    this.#url = `${endpoint}?ticket=${encodeURIComponent(ticket)}`;
    return this;
  }

  /** Resolves when the connection is open; rejects when it could not be opened. */
  override async _connect(): Promise<void> {
    if (this.#terminated) throw new Error('terminated before it began');
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const { proxyFor, hooks } = this.#options;
    const url = new URL(this.#url);
    this.#agent = new SocketAgent({ address: () => url, proxyFor, timeoutMs: HANDSHAKE_TIMEOUT_MS });
    const socket = new WebSocket(this.#url, {
      agent: this.#agent,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    // The SDK sends acknowledgements and pongs by this private member.
    Reflect.set(this, 'socket', socket);
    socket.on('open', () => {
      resolve(undefined);
    });
    socket.on('ping', hooks.onInbound);
    socket.on('pong', hooks.onInbound);
    socket.on('message', (data) => {
      hooks.onInbound();
      this.onDownStream(textOf(data));
    });
    socket.on('error', (error) => {
      reject(error);
      socket.terminate();
    });
    socket.on('close', () => {
      reject(new Error('closed before it was open'));
      hooks.onClose();
    });
    await promise;
  }

  /** Whatever a frame holds, it ends no process: what cannot be read is dropped. */
  override onDownStream(text: string): void {
    const frame = parseJson(text);
    if (!isFields(frame) || !isFields(read(frame, 'headers'))) {
      this.#options.hooks.onDropped('a frame that cannot be read');
      return;
    }
    try {
      super.onDownStream(text);
    } catch {
      this.#options.hooks.onDropped('a frame the sdk could not handle');
    }
  }

  override onSystem(frame: DWClientDownStream): void {
    if (readText(frame, 'headers', 'topic') === 'disconnect') this.#options.hooks.onLeaving();
    super.onSystem(frame);
  }

  /** Nothing of the organisation's events is asked for, so none is acknowledged. */
  override onEvent(): void {
    this.#options.hooks.onDropped('an event nobody asked for');
  }

  /** Past the SDK's emitter, which throws for a topic named `error`. */
  override onCallback(frame: DWClientDownStream): void {
    const topic = readText(frame, 'headers', 'topic') ?? '';
    const messageId = readText(frame, 'headers', 'messageId');
    this.#options.hooks.onPush(topic, messageId, parseJson(readText(frame, 'data') ?? ''));
  }

  /** A ping of the WebSocket itself: DingTalk's own pings come at times it does not tell. */
  ping(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  /** Says goodbye, so that acknowledgements under way still arrive. */
  leave(): void {
    this.#socket?.close(1000);
  }

  terminate(): void {
    this.#terminated = true;
    this.#socket?.terminate();
    this.#agent?.destroy(); // a handshake under way would otherwise hold its socket until its own time-out
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8');
}
