/** Faults that wait for their call, first in, first out for each name; `*` meets any call without one of its own. */
export type FaultQueue<Fault> = {
  /** The next `times` calls of this name meet the fault. */
  add(name: string, fault: Fault, times?: number): void;
  take(name: string): Fault | undefined;
  clear(): void;
};

export function createFaultQueue<Fault>(): FaultQueue<Fault> {
  const queues = new Map<string, { readonly fault: Fault; left: number }[]>();

  function takeFrom(name: string): Fault | undefined {
    const queue = queues.get(name);
    const entry = queue?.[0];
    if (queue === undefined || entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) queue.shift();
    return entry.fault;
  }

  return {
    add(name, fault, times = 1) {
      queues.set(name, [...(queues.get(name) ?? []), { fault, left: times }]);
    },
    take: (name) => takeFrom(name) ?? takeFrom('*'),
    clear: () => queues.clear(),
  };
}
