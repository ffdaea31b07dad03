import { Client } from 'pg';
import type { Election } from '../contract/replicas.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { ElectFor } from './elections.ts';
import { connectionOptions } from './postgres-pool.ts';

/** How often whoever is not elected tries: the next one follows within this and the way there. */
const tryIntervalMs = 1_000;
/** How often whoever is elected proves to the server, and to itself, that both are still there. */
const proveIntervalMs = 3_000;
const answerMs = 3_000;
/**
 * After this long without a question the server ends the connection, and the lock with it: of a process that stands still,
 * or of a machine that is gone. Longer than ours takes to notice that the server is silent (3 s and 3 s), so that two never
 * think that they are elected.
 */
const sessionMs = 10_000;
/** First half of the lock; the second is made of the name. Not the writers' (`postgres.ts`). */
const electionsLock = 0x0b18;

export type ElectionOptions = { readonly url: string; readonly clock: Clock; readonly log: Logger };

/** One connection that is, or wants to be, elected. `gone` aborts when it has ended, or is no longer believed in. */
type Seat = { readonly client: Client; readonly gone: AbortController };

/**
 * Elections by advisory lock, each on a connection of its own: a lock lasts as long as its connection, and the pool's come
 * and go.
 */
export function createPostgresElections({ url, clock, log }: ElectionOptions): {
  readonly elect: ElectFor;
  readonly close: () => Promise<void>;
} {
  const closing = new AbortController();
  const seats = new Set<Seat>();

  async function sit(): Promise<Seat> {
    const client = new Client({ ...connectionOptions(url), query_timeout: answerMs });
    const seat = { client, gone: new AbortController() };
    seats.add(seat);
    const end = (): void => seat.gone.abort();
    client.on('error', end);
    client.on('end', end);
    try {
      await client.connect();
      // Servers before PostgreSQL 14 have no such setting; they notice a machine that is gone by its silence only.
      await client.query(
        `select set_config(name, case name when 'idle_session_timeout' then '${sessionMs}' else '5' end, false)
         from pg_settings where name in ('idle_session_timeout', 'tcp_keepalives_idle', 'tcp_keepalives_interval')`,
      );
      return seat;
    } catch (error) {
      leave(seat);
      throw error;
    }
  }

  function leave(seat: Seat): void {
    seats.delete(seat);
    seat.gone.abort();
    // Ends also a connection whose other side is silent, without waiting for its answer.
    seat.client.end().catch(() => undefined);
  }

  async function isFree({ client }: Seat, name: string): Promise<boolean> {
    const { rows } = await client.query<{ readonly elected: boolean }>(
      `select pg_try_advisory_lock(${electionsLock}, hashtext(current_schema() || ':' || $1)) as elected`,
      [name],
    );
    return rows[0]?.elected === true;
  }

  /** Undefined when the connection broke before it came to that. */
  async function stand(name: string, signal: AbortSignal): Promise<Election | undefined> {
    const seat = await sit();
    const over = AbortSignal.any([signal, seat.gone.signal]);
    try {
      while (!over.aborted) {
        if ((await isFree(seat, name)) && !signal.aborted) return hold(seat, name);
        await clock.sleep(tryIntervalMs, over);
      }
    } catch (error) {
      log.debug({ name, error }, 'an election was broken off');
    }
    leave(seat);
    return undefined;
  }

  async function answers({ client, gone }: Seat): Promise<boolean> {
    if (gone.signal.aborted) return false;
    return client.query('select 1').then(
      () => !gone.signal.aborted,
      () => {
        gone.abort();
        return false;
      },
    );
  }

  async function keep(seat: Seat): Promise<void> {
    const { signal } = seat.gone;
    while (!signal.aborted) {
      const since = clock.now().getTime();
      await clock.sleep(proveIntervalMs, signal);
      // We stood still, so the server may have given up on us: known before its word for it has been read.
      if (clock.now().getTime() - since > sessionMs - answerMs) seat.gone.abort();
      await answers(seat);
    }
    leave(seat);
  }

  function hold(seat: Seat, name: string): Election {
    log.info({ name }, 'elected');
    const { signal } = seat.gone;
    let resigned = false;
    const tell = (): void => {
      if (!resigned && !closing.signal.aborted)
        log.warn({ name }, 'no longer elected: the connection is gone');
    };
    signal.addEventListener('abort', tell, { once: true });
    void keep(seat);
    return {
      lost: signal,
      holds: () => answers(seat),
      async resign() {
        if (resigned) return;
        resigned = true;
        const { client } = seat;
        if (!signal.aborted) await client.query('select pg_advisory_unlock_all()').catch(() => undefined);
        leave(seat);
        log.info({ name }, 'resigned');
      },
    };
  }

  return {
    async elect(name, asked) {
      const signal = AbortSignal.any([asked, closing.signal]);
      while (!signal.aborted) {
        const election = await stand(name, signal).catch((error: unknown) =>
          log.debug({ name, error }, 'cannot stand for an election'),
        );
        if (election !== undefined) return election;
        await clock.sleep(tryIntervalMs, signal);
      }
      throw signal.reason;
    },
    async close() {
      closing.abort();
      for (const seat of seats) leave(seat);
    },
  };
}
