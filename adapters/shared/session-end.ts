/** Why a connection is over. `refused`: it will be again until a person mends something. */
export type SessionEnd = { readonly detail: string; readonly refused: boolean };

/** The session of a mode without a connection to keep: up at once, and over when it is stopped. */
export function holdUntilStopped(onUp: () => void, signal: AbortSignal): Promise<SessionEnd> {
  const { promise, resolve } = Promise.withResolvers<SessionEnd>();
  const stop = (): void => {
    resolve({ detail: 'stopped', refused: false });
  };
  if (signal.aborted) stop();
  else {
    onUp();
    signal.addEventListener('abort', stop, { once: true });
  }
  return promise;
}
