/** Sets an entry; forgets the oldest beyond `capacity`. */
export function rememberIn<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, capacity: number): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > capacity && oldest.done !== true) map.delete(oldest.value);
}
