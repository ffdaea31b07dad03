import type { ServerResponse } from 'node:http';
import type { View } from './pane.ts';

/** Server-sent events: a whole picture when a page opens (or comes back), then every change. */
export type ChangeStream = {
  open(response: ServerResponse): void;
  send(change: View): void;
  close(): void;
};

/** A page that reads so slowly is let go; it comes back by itself and gets the whole picture anew. */
const maxWaitingBytes = 16 * 1024 * 1024;
const heartbeatMs = 15_000;

export function createChangeStream(snapshot: () => View): ChangeStream {
  const pages = new Set<ServerResponse>();
  const heartbeat = setInterval(() => pages.forEach((page) => page.write(': still here\n\n')), heartbeatMs);

  function write(page: ServerResponse, change: View): void {
    if (page.writableLength > maxWaitingBytes) page.destroy();
    else page.write(`data: ${JSON.stringify(change)}\n\n`);
  }

  return {
    open(page) {
      page.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      page.write('retry: 1000\n\n');
      write(page, { kind: 'snapshot', ...snapshot() });
      pages.add(page);
      page.once('close', () => pages.delete(page));
    },
    send: (change) => pages.forEach((page) => write(page, change)),
    close() {
      clearInterval(heartbeat);
      pages.forEach((page) => page.destroy());
    },
  };
}
