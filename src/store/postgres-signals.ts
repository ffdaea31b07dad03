import { sql, type Kysely } from 'kysely';
import { Client } from 'pg';
import type { Clock, Logger } from '../contract/runtime.ts';
import { connectionOptions } from './postgres-pool.ts';
import type { Schema } from './schema.ts';
import { checkPayload, createListeners, type Signals } from './signals.ts';

/** A connection that only listens must be asked now and then, or its end goes unnoticed. */
const askIntervalMs = 4_000;
const answerMs = 3_000;
const retryMs = 500;
/** Longer names are cut by the server: postgresql.org/docs/current/sql-syntax-lexical.html */
const maxChannelBytes = 63;

export type SignalOptions = { readonly url: string; readonly clock: Clock; readonly log: Logger };

/**
 * `LISTEN` and `NOTIFY`. Listening takes one connection of its own, made with the first listener; it is made again for as
 * long as somebody listens, and whoever listens is told that something may have been missed. Channels of different schemas
 * of one database are apart.
 */
export async function createPostgresSignals(
  { url, clock, log }: SignalOptions,
  db: Kysely<Schema>,
): Promise<Signals & { readonly close: () => Promise<void> }> {
  const listeners = createListeners();
  const stopping = new AbortController();
  const { signal } = stopping;
  const prefix = await prefixOf(db);
  let keeping: Promise<void> | undefined;
  /** Wakes the one that keeps the connection, for there is a further channel. */
  let changed = new AbortController();

  async function listenToAll(own: Client, heard: Set<string>): Promise<void> {
    for (const channel of listeners.channels()) {
      if (heard.has(channel)) continue;
      await own.query(`listen "${fullName(prefix, channel).replaceAll('"', '""')}"`);
      heard.add(channel);
      listeners.missed(channel);
    }
  }

  /** Resolves when the connection has broken, or is no longer wanted. */
  async function hold(): Promise<void> {
    const own = new Client({ ...connectionOptions(url), query_timeout: answerMs });
    const broken = new AbortController();
    own.on('error', () => broken.abort());
    own.on('end', () => broken.abort());
    own.on('notification', ({ channel, payload = '' }) => {
      if (channel.startsWith(prefix)) listeners.received(channel.slice(prefix.length), payload);
    });
    const over = AbortSignal.any([broken.signal, signal]);
    try {
      await own.connect();
      const heard = new Set<string>();
      while (!over.aborted) {
        changed = new AbortController();
        await listenToAll(own, heard);
        await clock.sleep(askIntervalMs, AbortSignal.any([over, changed.signal]));
        await prove(own, over);
      }
    } finally {
      // Ends also a connection whose other side is silent, without waiting for its answer.
      own.end().catch(() => undefined);
    }
  }

  async function keep(): Promise<void> {
    while (!signal.aborted) {
      await hold().catch((error: unknown) => log.debug({ error }, 'cannot listen to the database'));
      await clock.sleep(retryMs, signal);
    }
  }

  return {
    async notify(channel, payload) {
      checkPayload(payload);
      await sql`select pg_notify(${fullName(prefix, channel)}, ${payload})`.execute(db);
    },
    listen(channel, listener) {
      const remove = listeners.add(channel, listener);
      changed.abort();
      keeping ??= keep();
      return remove;
    },
    async close() {
      stopping.abort();
      await keeping;
    },
  };
}

/** Rejects when the other side is silent. */
async function prove(client: Client, over: AbortSignal): Promise<void> {
  if (!over.aborted) await client.query('select 1');
}

async function prefixOf(db: Kysely<Schema>): Promise<string> {
  const { rows } = await sql<{ readonly name: string }>`select current_schema() as name`.execute(db);
  return `${rows[0]?.name ?? ''}:`;
}

function fullName(prefix: string, channel: string): string {
  const name = prefix + channel;
  if (Buffer.byteLength(name) > maxChannelBytes)
    throw new RangeError(`the channel's name is too long: ${name}`);
  return name;
}
