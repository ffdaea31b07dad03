import type { Adapter } from '../contract/adapter.ts';
import type { QuotedMessage } from '../contract/media.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { composeQuestion } from '../conversation/question.ts';
import type { ImagePreparer } from '../media/types.ts';
import type { LiveReply } from '../reply/live-reply.ts';
import { remarks } from '../reply/notices/endings.ts';
import { progress } from '../reply/notices/progress.ts';
import type { Language, Store } from '../store/store.ts';
import { collectPictures, type PictureReader, type Pictures } from './pictures.ts';
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
  readonly reader: PictureReader;
  /** Whether the pictures that an earlier attempt stored are all of them, perhaps too few, or no longer the right ones. */
  readonly stored: 'all' | 'perhaps too few' | 'outdated';
  /** Aborts also when more was said: then nothing of this is used, or stored. */
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
  { store, clock, mediaRetentionMs }: MaterialServices,
  { turn, reader, stored: earlier, signal }: MaterialTask,
  quote: QuotedMessage | undefined,
): Promise<{ readonly pictures: Pictures; readonly asked: number }> {
  const refs = [...turn.message.media, ...(quote?.media ?? [])];
  const asked = refs.length;
  const now = clock.now().getTime();
  const usable = asked > 0 && turn.attempts > 0 && earlier !== 'outdated';
  const images = usable ? await store.media.of(turn.id, now) : [];
  const stored = { pictures: { images, unusable: [], endLeftOut: [], read: asked }, asked };
  if (images.length > 0 && earlier === 'all') return stored;
  const pictures = await collectPictures(reader, refs, signal);
  // Some platforms give their pictures for minutes only.
  if (pictures.images.length < images.length) return stored;
  if (!signal.aborted && (pictures.images.length > 0 || earlier === 'outdated')) {
    await store.media.put(turn.id, pictures.images, now + mediaRetentionMs);
  }
  return { pictures, asked };
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
