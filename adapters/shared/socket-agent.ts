import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import { openSocket } from './open-socket.ts';

export type SocketAgentOptions = {
  /** Where the WebSocket leads; asked when it is opened, for some platforms tell the address only then. */
  readonly address: () => URL;
  readonly proxyFor: (url: URL) => string | undefined;
  /** From the first step to a connection on which the handshake can begin, in milliseconds. */
  readonly timeoutMs: number;
  /** Hears of what the WebSocket library, or an SDK around it, may keep to itself. */
  readonly onFailure?: (error: unknown) => void;
};

/**
 * The connections of WebSockets, through the proxy where one is set for the host: by CONNECT for `ws` and `wss` alike, as
 * RFC 6455 (4.1) has it. `destroy` also ends what is still being opened.
 */
export class SocketAgent extends Agent {
  readonly #options: SocketAgentOptions;
  readonly #over = new AbortController();

  constructor(options: SocketAgentOptions) {
    super();
    this.#options = options;
    // Node's `http` and `https` each refuse an agent that names the other's protocol; this one serves both.
    Reflect.set(this, 'protocol', undefined);
  }

  override createConnection(
    _request: ClientRequestArgs,
    callback: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { address, proxyFor, timeoutMs, onFailure } = this.#options;
    const url = address();
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(timeoutMs)]);
    openSocket(url, proxyFor(url), signal).then(
      (socket) => {
        callback(null, socket);
      },
      (error: unknown) => {
        onFailure?.(error);
        fail(callback, error);
      },
    );
  }

  override destroy(): void {
    this.#over.abort();
    super.destroy();
  }
}

/** Node's types want a socket beside an error; there is none. */
function fail(callback: (error: Error | null, socket: Duplex) => void, error: unknown): void {
  const tell = callback as (error: Error) => void;
  tell(error instanceof Error ? error : new Error('not opened', { cause: error }));
}
