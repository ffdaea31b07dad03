import { randomUUID } from 'node:crypto';
import type { Adapter } from '../../../src/contract/adapter.ts';
import { found } from '../stage.ts';
import type { CreateHarness, ReceivedRequest, Traits, Where } from '../harness.ts';
import { createMemoryAdapter, type MemoryOptions } from './adapter.ts';
import {
  createMemoryPlatform,
  MEMORY_REDELIVERY_MS,
  MEMORY_RETRY_AFTER_MS,
  MEMORY_SECRET,
  type News,
  type Note,
} from './platform.ts';

function traitsOf({ updates, oneText }: MemoryOptions): Traits {
  return {
    groups: true,
    topics: true,
    hearsUnaddressed: true,
    everyoneMention: true,
    colleagueMention: '@Bob',
    pictures: { most: 3, withWords: true },
    unreadable: ['file', 'audio'],
    quotes: 'words-and-pictures',
    redelivers: true,
    joins: ['group', 'direct'],
    writesToGroups: true,
    showsGrowth: updates === 'live',
    oneText,
    toasts: true,
    sendsOnce: true,
    failures: ['unavailable', 'answer-lost', 'rate-limited', 'target-gone', 'no-answer'],
    retryAfterMs: MEMORY_RETRY_AFTER_MS,
    checksCredentials: true,
    mentionMarkup: ['@all', '@Bob'],
  };
}

/** The memory platform, for the suite to be tried on. */
export const memoryHarness =
  (options: MemoryOptions): CreateHarness =>
  async ({ clock }) => {
    const platform = createMemoryPlatform(clock);
    const traits = traitsOf(options);
    const received: ReceivedRequest[] = [];
    const noteOf = (id: string): Note => found(platform.notes.get(id), 'a message');
    const inPlace = (where: Where) =>
      platform.bubbles.filter(
        (bubble) => bubble.where === where && (where !== 'direct' || bubble.owner === 'asker'),
      );

    function push(note: Note): void {
      void platform.deliver({ type: 'note', note: { ...note, pictures: note.pictures.length } });
    }

    /** News by request instead of by the connection. */
    function overWebhook(adapter: Adapter): void {
      const [route] = adapter.webhooks;
      if (route === undefined) return;
      platform.subscribe(adapter, async (body, proof) => {
        const headers = { 'x-proof': proof, 'x-delivery': randomUUID() };
        const request = {
          method: 'POST',
          query: new URLSearchParams(),
          headers,
          body: Buffer.from(body),
        } as const;
        received.push({ path: route.path, request });
        const { status, body: toast } = await route.handle(request);
        if (status !== 200) throw new Error(`answered ${status}`);
        return toast === undefined || toast === '' ? undefined : String(toast);
      });
    }

    return {
      traits,
      secrets: [MEMORY_SECRET],
      redeliveryMs: MEMORY_REDELIVERY_MS + 500,
      async createAdapter(deps, credentials = 'right') {
        const secret = credentials === 'right' ? MEMORY_SECRET : `wrong-${MEMORY_SECRET}`;
        return createMemoryAdapter(platform, options, deps, secret);
      },
      reachable(adapter) {
        overWebhook(adapter);
        return adapter.health().state === 'up';
      },
      say({ where, from = 'asker', text = '', pictures = [], unreadable, quote }) {
        const id = randomUUID();
        const atMs = clock.now().getTime();
        const note = { id, where, from, text, pictures, unreadable, quotes: quote?.id, atMs };
        platform.notes.set(id, note);
        push(note);
        return { id };
      },
      acknowledged: ({ id }) => platform.deliveries.find(({ note }) => note === id)?.acknowledged,
      redeliver: ({ id }) => push(noteOf(id)),
      recall({ id }) {
        const { where, from } = noteOf(id);
        void platform.deliver({ type: 'recall', id: randomUUID(), note: id, where, from });
      },
      join: (where) => void platform.deliver({ type: 'joined', id: randomUUID(), where }),
      async press(reply, label, by) {
        const bubble = found(
          platform.bubbles.find(({ id }) => id === reply.id),
          'a reply',
        );
        const button = found(
          bubble.view.buttons.find((shown) => shown.label === label),
          'a button',
        );
        const news: News = { type: 'press', id: randomUUID(), where: bubble.where, by, button: button.id };
        return platform.press(news);
      },
      fail(failure, step, times) {
        const shows = step === 'open' || options.updates === 'final-only' ? 'post' : 'edit';
        platform.fail(failure, step === 'any' ? '*' : shows, times);
      },
      mend: () => platform.mend(),
      replies: async (where) =>
        inPlace(where).map(({ id, view }) => ({
          ...view,
          id,
          buttons: view.buttons.map(({ label }) => label),
          pings: traits.mentionMarkup.filter((markup) => view.text.includes(markup)),
        })),
      calls: () => platform.calls(),
      refused: () => platform.refused(),
      received: () => received,
      forge({ path, request }) {
        const headers = { ...request.headers, 'x-proof': '0'.repeat(64) };
        const body = Buffer.concat([request.body, Buffer.from(' ')]);
        return [
          { how: 'with another proof', forged: { path, request: { ...request, headers } } },
          { how: 'with another body', forged: { path, request: { ...request, body } } },
        ];
      },
      async stop() {
        platform.stop();
      },
    };
  };
