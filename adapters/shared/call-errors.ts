import type { CallBudget, PlannedCall } from '../../src/contract/budget.ts';
import { AdapterError } from '../../src/contract/errors.ts';
import { HttpFailure } from './http-failure.ts';

/** One call on its way out. `reading`: it changes nothing, so it may be made again whatever became of it. */
export type Leaving = {
  readonly budget: CallBudget;
  readonly call: PlannedCall;
  readonly reading: boolean;
  readonly signal: AbortSignal;
};

/** What an `AdapterError` for a missing permission has as its cause. */
export type MissingScopes = { readonly missingScopes: readonly string[] };

/** How one platform's failures become the one error that crosses the adapter boundary. */
export type CallErrors = {
  /** Whatever was thrown on the way out. */
  readonly toAdapterError: (
    api: string,
    error: unknown,
    signal: AbortSignal,
    reading: boolean,
  ) => AdapterError;
  /** Waits for the budget, then sends; every failure on the way becomes an `AdapterError`. */
  readonly leave: <Answer>(leaving: Leaving, send: () => Promise<Answer>) => Promise<Answer>;
  /** A download as it arrives, whose iteration, too, rejects with `AdapterError` only. */
  readonly withAdapterErrors: (
    api: string,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ) => AsyncIterable<Uint8Array>;
  /** For what the adapter refuses by itself, before any call: a handle or reference that is none of ours. */
  readonly invalidReference: (what: string) => AdapterError;
};

/** `platform`: its name as the errors' messages begin with. For the platform's `api.ts` only. */
export function createCallErrors(platform: string): CallErrors {
  function toAdapterError(api: string, error: unknown, signal: AbortSignal, reading: boolean): AdapterError {
    if (error instanceof AdapterError) return error;
    if (error instanceof HttpFailure) {
      const code = error.kind === 'too-large' ? 'unavailable' : error.kind;
      const sent = reading ? 'no' : error.sent;
      return new AdapterError(code, `${platform} ${api}: ${error.message}`, { cause: error, sent });
    }
    if (signal.aborted) return new AdapterError('aborted', `${platform} ${api}: aborted before it left`);
    // Whatever else is thrown on the way out is a fault of ours or of an SDK; its words may hold what was sent.
    const name = error instanceof Error ? error.name : 'unknown';
    return new AdapterError('invalid', `${platform} ${api}: ${name}`);
  }

  async function* withAdapterErrors(
    api: string,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw toAdapterError(api, error, signal, true);
    }
  }

  return {
    toAdapterError,
    async leave({ budget, call, reading, signal }, send) {
      try {
        return await budget.run(call, signal, send);
      } catch (error) {
        throw toAdapterError(call.api, error, signal, reading);
      }
    },
    withAdapterErrors,
    invalidReference: (what) => new AdapterError('invalid', `${platform}: not a ${what} of this adapter`),
  };
}
