/**
 * What goes wrong with one API call. `drop-after` applies the effect and then cuts the connection: the caller cannot
 * know. `answer` and `code` have no effect at all; `code` without a status is HTTP 200 with a business code.
 */
export type HttpFault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'code'; readonly code: number; readonly message?: string; readonly status?: number }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'drop-before' }
  | { readonly kind: 'drop-after' }
  /** Announces the full length and cuts the connection after this many bytes. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  | { readonly kind: 'content-type'; readonly mime: string };

export type FaultQueue = {
  /** The next `times` calls of this API (`*`: any) meet the fault. */
  add(api: string, fault: HttpFault, times?: number): void;
  take(api: string): HttpFault | undefined;
  clear(): void;
};

export function createFaultQueue(): FaultQueue {
  const queues = new Map<string, { readonly fault: HttpFault; left: number }[]>();

  function takeFrom(api: string): HttpFault | undefined {
    const queue = queues.get(api);
    const entry = queue?.[0];
    if (queue === undefined || entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) queue.shift();
    return entry.fault;
  }

  return {
    add(api, fault, times = 1) {
      queues.set(api, [...(queues.get(api) ?? []), { fault, left: times }]);
    },
    take: (api) => takeFrom(api) ?? takeFrom('*'),
    clear: () => queues.clear(),
  };
}
