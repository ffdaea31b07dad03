/** Remembers keys; beyond `capacity` the oldest are forgotten. In memory: a restart forgets everything. */
export type RecentKeys = { has(key: string): boolean; add(key: string): void };

export function createRecentKeys(capacity: number): RecentKeys {
  const keys = new Set<string>();
  return {
    has: (key) => keys.has(key),
    add(key) {
      keys.add(key);
      const oldest = keys.values().next().value;
      if (keys.size > capacity && oldest !== undefined) keys.delete(oldest);
    },
  };
}
