/** Node's inspector over its WebSocket: looks into a process that knows nothing of being measured. */
export type Inspector = {
  collectGarbage(): Promise<void>;
  /** Of the moment, so collect first. */
  heapUse(): Promise<HeapUse>;
  /** Timers, sockets, pipes and requests that keep the event loop alive. */
  activeHandles(): Promise<number>;
  /** A heap snapshot, as Chrome's DevTools read it. */
  snapshot(): Promise<string>;
  close(): void;
};

/** In bytes. `external`: what buffers hold outside of the heap. */
export type HeapUse = { readonly heapBytes: number; readonly externalBytes: number };

type Reply = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
  readonly result?: {
    readonly result?: { readonly value?: unknown };
    readonly usedSize?: number;
    readonly backingStorageSize?: number;
  };
  readonly error?: { readonly message: string };
};

/** The address is in the first line that a process started with `--inspect` writes to its standard error. */
export async function connectInspector(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, PromiseWithResolvers<Reply>>();
  let number = 0;
  let chunks: string[] = [];
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.method === 'HeapProfiler.addHeapSnapshotChunk') chunks.push(reply.params?.chunk ?? '');
    if (reply.id === undefined) return;
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.error === undefined) asked?.resolve(reply);
    else asked?.reject(new Error(reply.error.message));
  });
  socket.addEventListener('close', () => {
    for (const asked of waiting.values()) asked.reject(new Error('the process under test is gone'));
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('the inspector cannot be reached')));
  });

  function ask(method: string, params: object = {}): Promise<Reply> {
    number += 1;
    const asked = Promise.withResolvers<Reply>();
    waiting.set(number, asked);
    socket.send(JSON.stringify({ id: number, method, params }));
    return asked.promise;
  }

  async function evaluate(expression: string): Promise<unknown> {
    const { result } = await ask('Runtime.evaluate', { expression, returnByValue: true });
    return result?.result?.value;
  }

  return {
    async collectGarbage() {
      // What only a finaliser let go of is freed by the second one.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
    },
    // Not by evaluating something, which compiles a script each time and is measured with the rest.
    async heapUse() {
      const { result } = await ask('Runtime.getHeapUsage');
      return { heapBytes: result?.usedSize ?? NaN, externalBytes: result?.backingStorageSize ?? NaN };
    },
    async activeHandles() {
      return Number(await evaluate('process.getActiveResourcesInfo().length'));
    },
    async snapshot() {
      chunks = [];
      await ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
      const whole = chunks.join('');
      chunks = [];
      return whole;
    },
    close: () => socket.close(),
  };
}
