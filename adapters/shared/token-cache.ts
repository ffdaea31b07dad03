import type { Clock } from '../../src/contract/runtime.ts';

export type FreshToken = { readonly token: string; readonly lifetimeMs: number };

export type TokenCache = {
  /** The token in use; asks for one when there is none. Rejects with what the request rejects with, or when aborted. */
  get(signal: AbortSignal): Promise<string>;
  /** The platform refused this token: it is not given out again. Another token in use by then stays. */
  invalidate(token: string): void;
  /** Ends a request under way. */
  stop(): void;
};

type TokenCacheOptions = {
  readonly clock: Clock;
  readonly request: (signal: AbortSignal) => Promise<FreshToken>;
  /** The remaining life below which a token is renewed while it is still given out, in milliseconds. */
  readonly renewBeforeMs: number;
};

/** A token this close to its end is not given out: the call it is for may wait and travel that long. */
const UNUSABLE_BEFORE_MS = 60_000;

type Held = { readonly token: string; readonly renewAt: number; readonly unusableAt: number };

/**
 * One token for all callers: whoever comes while a request is under way waits for that one (single flight), and only a
 * token that was really given is kept. One caller's abort ends that caller's wait, not the request others wait for.
 */
export function createTokenCache({ clock, request, renewBeforeMs }: TokenCacheOptions): TokenCache {
  const stopping = new AbortController();
  let held: Held | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    try {
      const { token, lifetimeMs } = await request(stopping.signal);
      const now = clock.now().getTime();
      // Margins shrink for short lives: half, so that a short-lived token is still used at all.
      const margin = (wantedMs: number): number => Math.min(wantedMs, lifetimeMs / 2);
      held = {
        token,
        renewAt: now + lifetimeMs - margin(renewBeforeMs),
        unusableAt: now + lifetimeMs - margin(UNUSABLE_BEFORE_MS),
      };
      return token;
    } finally {
      asking = undefined;
    }
  }

  return {
    async get(signal) {
      signal.throwIfAborted();
      const now = clock.now().getTime();
      const usable = held !== undefined && now < held.unusableAt ? held : undefined;
      if (usable !== undefined && now < usable.renewAt) return usable.token;
      asking ??= ask();
      if (usable === undefined) return untilAborted(asking, signal);
      asking.catch(() => undefined); // the token in hand still works; the next caller asks again
      return usable.token;
    },
    invalidate(token) {
      if (held?.token === token) held = undefined;
    },
    stop() {
      stopping.abort();
    },
  };
}

function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
