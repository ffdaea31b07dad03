import type { Adapter } from '../contract/adapter.ts';
import type { Clock } from '../contract/runtime.ts';
import { within } from '../model/within.ts';
import { platformCauses } from '../reply/notices/doctor-platforms.ts';
import { platformResults, type PlatformResult } from './platform-findings.ts';

/** All checks of one platform together; a hanging call must not hold the report up for ever. */
const probeTimeoutMs = 30_000;

/** What the adapter finds out about its platform, with cause and remedy. Never rejects. */
export async function* platformChecks(
  adapter: Adapter,
  { clock, running }: { readonly clock: Clock; readonly running: boolean },
  signal: AbortSignal,
): AsyncGenerator<PlatformResult, void> {
  const view = { paths: adapter.webhooks.map(({ path }) => path), running };
  const startedAt = clock.now().getTime();
  const left = (): number => probeTimeoutMs - (clock.now().getTime() - startedAt);
  const ending = new AbortController();
  const checks = adapter.probe(AbortSignal.any([signal, ending.signal]))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await within(clock, Math.max(1, left()), signal, (limited) =>
        orAborted(checks.next(), limited),
      );
      if (next.done === true) return;
      yield* platformResults(next.value, view);
    }
  } catch (error) {
    if (signal.aborted) return;
    const evidence = error instanceof Error ? error.name : 'unexpected failure';
    const result = { state: 'failed', durationMs: clock.now().getTime() - startedAt, evidence } as const;
    yield { code: 'credentials', result: { ...result, ...platformCauses.unreachable } };
  } finally {
    ending.abort();
  }
}

function orAborted<Value>(waited: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
