import type { Adapter } from '../contract/adapter.ts';
import type { QuotedMessage } from '../contract/media.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { composeQuestion } from '../conversation/question.ts';
import type { ImagePreparer } from '../media/types.ts';
import type { LiveReply } from '../reply/live-reply.ts';
import { remarks } from '../reply/notices/endings.ts';
import { progress } from '../reply/notices/progress.ts';
import type { Language, Store } from '../store/store.ts';
import { collectPictures, type Pictures } from './pictures.ts';
import type { Turn } from './turn.ts';

export type MaterialServices = {
  readonly store: Pick<Store, 'turns' | 'media'>;
  readonly preparer: ImagePreparer;
  readonly clock: Clock;
  readonly mediaRetentionMs: number;
};

export type MaterialTask = {
  readonly turn: Turn;
  readonly adapter: Adapter;
  readonly reply: LiveReply;
  readonly language: Language;
  readonly log: Logger;
  readonly signal: AbortSignal;
};

/** What one question is made of, apart from the conversation before it. */
export type Material = {
  readonly question: string;
  readonly pictures: Pictures;
  readonly remarks: readonly string[];
};

async function fetchQuote(
  { store }: MaterialServices,
  task: MaterialTask,
): Promise<QuotedMessage | 'missing' | undefined> {
  const { quote, place } = task.turn.message;
  if (quote === undefined) return undefined;
  try {
    const found = await task.adapter.fetchQuote(quote, task.signal);
    const said =
      found.replyId === undefined
        ? undefined
        : (await store.turns.byReplyId(place.adapter, place.chat, found.replyId))?.answer;
    return said === undefined ? found : { ...found, text: said, unreadable: [] };
  } catch (error) {
    task.log.warn({ error }, 'the quoted message could not be fetched');
    return 'missing';
  }
}

function pictureRemarks(pictures: Pictures, asked: number, language: Language): string[] {
  return [
    ...pictures.unusable.map(({ position, code }) => remarks.pictureUnusable(position, code)[language]),
    ...pictures.endLeftOut.map((position) => remarks.pictureEndLeftOut(position)[language]),
    ...(pictures.read < asked ? [remarks.picturesLeftOut(pictures.read)[language]] : []),
  ];
}

/** The pictures of a message and of what it quotes; those that an earlier attempt stored are not fetched again. */
async function picturesOf(
  services: MaterialServices,
  { turn, adapter, log, signal }: MaterialTask,
  quote: QuotedMessage | undefined,
): Promise<{ readonly pictures: Pictures; readonly asked: number }> {
  const { store, preparer, clock } = services;
  const refs = [...turn.message.media, ...(quote?.media ?? [])];
  const now = clock.now().getTime();
  const stored = refs.length === 0 || turn.attempts === 0 ? [] : await store.media.of(turn.id, now);
  if (stored.length > 0) {
    return {
      pictures: { images: stored, unusable: [], endLeftOut: [], read: refs.length },
      asked: refs.length,
    };
  }
  const pictures = await collectPictures({ adapter, preparer, clock, log }, refs, signal);
  if (pictures.images.length > 0) {
    await store.media.put(turn.id, pictures.images, now + services.mediaRetentionMs);
  }
  return { pictures, asked: refs.length };
}

/**
 * Collects a question's words, quotation and pictures. Begun as soon as the question is taken, also while it waits for its
 * turn: some platforms' pictures can be fetched for five minutes only.
 */
export async function collectMaterial(services: MaterialServices, task: MaterialTask): Promise<Material> {
  const { turn, reply, language } = task;
  const { message } = turn;
  if (message.quote !== undefined) reply.progress(progress.fetchingQuote[language]);
  const found = await fetchQuote(services, task);
  const quote = found === 'missing' ? undefined : found;
  const count = message.media.length + (quote?.media.length ?? 0);
  if (count > 0) reply.progress(progress.reading(count)[language]);
  const { pictures, asked } = await picturesOf(services, task, quote);
  const { unreadable, text } = message;
  const missingPictures = pictures.unusable.length + (asked - pictures.read);
  const question = composeQuestion({
    text,
    quote,
    unreadable,
    pictures: pictures.images.length,
    missingPictures,
    language,
  });
  const missing = found === 'missing' ? [remarks.quoteMissing[language]] : [];
  return { question, pictures, remarks: [...missing, ...pictureRemarks(pictures, asked, language)] };
}
