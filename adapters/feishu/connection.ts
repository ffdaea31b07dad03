import { AdapterError } from '../../src/contract/errors.ts';
import type { Clock } from '../../src/contract/runtime.ts';
import { createBackoff } from '../shared/backoff.ts';
import { errorEvidence } from '../shared/error-evidence.ts';
import type { Health } from '../shared/health.ts';
import type { SessionEnd } from '../shared/session-end.ts';

export type Connection = {
  start(): void;
  /** Resolves when nothing is left of it. Idempotent. */
  stop(): Promise<void>;
};

type Supervision = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly health: Health;
  /** Credentials and the bot's own identity; rejects with `AdapterError`. */
  readonly prepare: (signal: AbortSignal) => Promise<void>;
  /** One long connection, or the readiness for webhooks: calls `onUp`, and resolves when it is over. Never rejects. */
  readonly serve: (onUp: () => void, signal: AbortSignal) => Promise<SessionEnd>;
};

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/**
 * A connection that held so long was a good one: the next attempt may come soon. Feishu repeats an event after 15 seconds and then
 * only after five minutes, so a connection that is cut again and again must not be missing for long each time.
 */
const GOOD_AFTER_MS = 10_000;

/**
 * Keeps the way in for events open until it is stopped: whatever ends a session, the next begins after a wait that
 * doubles up to a minute. Wrong credentials are shown as failed and tried once a minute.
 */
export function createConnection({ clock, random, health, prepare, serve }: Supervision): Connection {
  const stopping = new AbortController();
  const backoff = createBackoff({ random, firstMs: FIRST_WAIT_MS, capMs: LONGEST_WAIT_MS });
  let running: Promise<void> | undefined;

  /** How long to wait before the next attempt. */
  async function attempt(): Promise<number> {
    const fault = await prepare(stopping.signal).then(() => undefined, faultOf);
    if (fault !== undefined) return down(fault.detail, fault.refused);
    const begun = clock.now().getTime();
    const onUp = (): void => {
      health.set('up');
    };
    const end = await serve(onUp, stopping.signal);
    if (clock.now().getTime() - begun > GOOD_AFTER_MS) backoff.reset();
    return down(end.detail, end.refused);
  }

  function down(detail: string, refused: boolean): number {
    if (stopping.signal.aborted) return 0;
    health.set(refused ? 'failed' : 'down', detail);
    return refused ? LONGEST_WAIT_MS : backoff.next();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(await attempt(), stopping.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** `failed` needs a person: credentials refused, a permission missing, the app switched off. */
function faultOf(error: unknown): { readonly detail: string; readonly refused: boolean } {
  if (!(error instanceof AdapterError)) return { detail: 'unexpected failure', refused: false };
  const refused = error.code === 'unauthorized' || error.code === 'forbidden';
  return { detail: errorEvidence(error, refused ? 'auth' : error.code), refused };
}
