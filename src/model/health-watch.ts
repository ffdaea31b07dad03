import type { Clock, Logger } from '../contract/runtime.ts';
import { failureFromThrown } from './network-failure.ts';
import type { Server } from './server.ts';
import type { ModelFault } from './types.ts';
import { readText } from './response-text.ts';
import { isAborted, link, within } from './within.ts';

export type WatchOptions = {
  readonly server: Server;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often the model list is asked for while all is well, in milliseconds. */
  readonly healthIntervalMs: number;
};

/** A life sign is asked for this often at least, so that an outage shows within seconds. */
const pulseMs = 4_000;
/** SGLang's check generates a token and takes a second at the best of times. */
const healthTimeoutMs = 5_000;
/** The load is worth less than a late pulse. */
const loadTimeoutMs = 2_000;
/** A server at full load can miss one deadline; refusing connections needs no second proof. */
const timeoutsUntilDown = 2;

/**
 * Watches one server until the signal aborts: GET /health as a pulse, GET /v1/models every `healthIntervalMs` and
 * whenever it comes back; after each the engine's load, where it is published. A failed message makes it look at once.
 */
export async function watchHealth(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { server, clock, log, healthIntervalMs } = options;
  let listedAt = -Infinity;
  let timeouts = 0;
  while (!signal.aborted) {
    const startedAt = clock.now().getTime();
    const before = server.health().state;
    const full = before !== 'up' || startedAt - listedAt >= healthIntervalMs;
    const fault = await examine(options, full, signal);
    if (isAborted(signal)) return;
    timeouts = fault?.evidence === timeoutEvidence ? timeouts + 1 : 0;
    if (fault === undefined) server.noteUp(clock.now().getTime() - startedAt);
    else if (timeouts === 0 || timeouts >= timeoutsUntilDown || before !== 'up') server.noteDown(fault);
    if (fault === undefined && full) listedAt = startedAt;
    if (fault === undefined) await readLoad(options, full, signal);
    logChange(log, server, before, fault);
    await pause(server, clock, Math.min(pulseMs, healthIntervalMs), signal);
  }
}

/** The name of what `within` aborts with; undici throws an abort reason as it is. */
const timeoutEvidence = 'TimeoutError';

async function examine(
  { server, clock }: WatchOptions,
  full: boolean,
  signal: AbortSignal,
): Promise<ModelFault | undefined> {
  try {
    const fault = await within(clock, healthTimeoutMs, signal, (limited) => takePulse(server, limited));
    if (fault !== undefined || !full) return fault;
  } catch (error) {
    return failureFromThrown(error).fault;
  }
  const discovery = await server.lookUpAgain();
  return 'failure' in discovery ? discovery.failure.fault : undefined;
}

function readLoad({ server, clock }: WatchOptions, afresh: boolean, signal: AbortSignal): Promise<void> {
  return within(clock, loadTimeoutMs, signal, (limited) => server.readLoad(afresh, limited));
}

/** Undefined when alive. A missing /health (Ollama, gateways) proves a living server as well. */
async function takePulse(server: Server, signal: AbortSignal): Promise<ModelFault | undefined> {
  const { statusCode, body } = await server.transport.get(server.endpoint.healthUrl, server.headers, signal);
  body.on('error', () => undefined);
  await readText(body, 10_000);
  if (statusCode < 500) return undefined;
  const code =
    statusCode === 503 ? 'loading' : statusCode === 502 || statusCode === 504 ? 'gateway' : 'server-error';
  return { code, evidence: `GET /health: HTTP ${statusCode}`, status: statusCode };
}

/** Sleeps, but wakes when a message failed at this server. */
async function pause(server: Server, clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  const waking = new AbortController();
  const unlink = link(signal, waking);
  await Promise.race([clock.sleep(milliseconds, waking.signal), server.failed(waking.signal)]);
  unlink();
  waking.abort();
}

function logChange(log: Logger, server: Server, before: string, fault: ModelFault | undefined): void {
  const after = server.health().state;
  if (before === after) return;
  const fields = {
    host: server.endpoint.host,
    model: server.known()?.model,
    fault: fault?.code,
    evidence: fault?.evidence,
  };
  if (after === 'up') log.info(fields, 'model server is up');
  else log.warn(fields, 'model server is down');
}
