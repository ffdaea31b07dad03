import type { Clock } from '../../../src/contract/runtime.ts';
import type { Replica, ReplicaStore } from '../../../src/store/replicas.ts';

type Row = { aliveUntil: number; counts: readonly string[] };

/** The table of replicas, with a way there and a way back that take their time. */
export function replicasInMemory(clock: Clock, latencyMs: () => number): ReplicaStore {
  const rows = new Map<string, Row>();
  return {
    async beat({ owner, forMs, counts }) {
      await clock.sleep(latencyMs());
      const now = clock.now().getTime();
      const alive = new Set([...rows].filter(([, row]) => row.aliveUntil > now).map(([name]) => name));
      const kept = counts.filter((name) => name === owner || alive.has(name));
      rows.set(owner, { aliveUntil: now + forMs, counts: kept });
      const read = [...rows].map(([name, row]): Replica => ({
        owner: name,
        aliveForMs: row.aliveUntil - now,
        counts: row.counts,
      }));
      await clock.sleep(latencyMs());
      return read;
    },
    async leave(owner) {
      const row = rows.get(owner);
      if (row !== undefined) row.aliveUntil = clock.now().getTime();
    },
  };
}
