/** Carries short messages to every process that uses the same database, this one included. */
export type Signals = {
  /**
   * Resolves once it is on its way; `payload` may have 7,999 bytes at most (what PostgreSQL takes). It reaches those that
   * listen at this moment, and is nowhere kept.
   */
  notify(channel: string, payload: string): Promise<void>;
  /** Listens until the given function is called. */
  listen(channel: string, listener: SignalListener): () => void;
};

/** Neither may throw. */
export type SignalListener = {
  received(payload: string): void;
  /** What was sent until now may not have arrived: listening has only just begun, or had been interrupted. */
  missed(): void;
};

/** `NOTIFY` takes payloads shorter than 8,000 bytes: postgresql.org/docs/current/sql-notify.html */
const maxPayloadBytes = 7_999;

export type Listeners = {
  /** Of which channels anybody wants to hear. */
  channels(): readonly string[];
  add(channel: string, listener: SignalListener): () => void;
  received(channel: string, payload: string): void;
  missed(channel: string): void;
};

export function createListeners(): Listeners {
  const byChannel = new Map<string, Set<SignalListener>>();
  return {
    channels: () => [...byChannel.keys()],
    add(channel, listener) {
      const listeners = byChannel.get(channel) ?? new Set();
      // A listener of one's own for each call, so that the same function may listen twice.
      const own = { ...listener };
      byChannel.set(channel, listeners.add(own));
      return () => {
        listeners.delete(own);
        if (listeners.size === 0 && byChannel.get(channel) === listeners) byChannel.delete(channel);
      };
    },
    received(channel, payload) {
      for (const listener of byChannel.get(channel) ?? []) listener.received(payload);
    },
    missed(channel) {
      for (const listener of byChannel.get(channel) ?? []) listener.missed();
    },
  };
}

export function checkPayload(payload: string): void {
  const bytes = Buffer.byteLength(payload);
  if (bytes > maxPayloadBytes)
    throw new RangeError(`a signal of ${bytes} bytes, ${maxPayloadBytes} are allowed`);
}

/** Where only one process uses the database: nothing leaves it. Listeners hear of it after `notify` has returned. */
export function createLocalSignals(): Signals {
  const listeners = createListeners();
  return {
    async notify(channel, payload) {
      checkPayload(payload);
      setImmediate(() => listeners.received(channel, payload));
    },
    listen: (channel, listener) => listeners.add(channel, listener),
  };
}
