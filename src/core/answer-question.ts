import type { Adapter } from '../contract/adapter.ts';
import type { QuotedMessage } from '../contract/media.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import { composeQuestion } from '../conversation/question.ts';
import { systemPrompt } from '../conversation/system-prompt.ts';
import type { TokenMeter } from '../conversation/tokens.ts';
import { buildWindow, type PastTurn, type Window } from '../conversation/window.ts';
import type { ImagePreparer } from '../media/types.ts';
import type { Model, ModelFaultCode, ModelUsage } from '../model/types.ts';
import type { LiveReply } from '../reply/live-reply.ts';
import { remarks } from '../reply/notices/endings.ts';
import { progress } from '../reply/notices/progress.ts';
import type { Language, Store } from '../store/store.ts';
import { askModel, type Asked } from './ask-model.ts';
import { judge } from './judge.ts';
import { collectPictures, type Pictures } from './pictures.ts';
import { modelName } from './present.ts';
import type { Ending, Turn, TurnPatch } from './turn.ts';

/** Earlier turns looked at; the model's window is what really bounds them. */
const maxPastTurns = 40;

export type AnswerServices = {
  readonly store: Pick<Store, 'turns' | 'media' | 'scopes'>;
  readonly model: Model;
  readonly preparer: ImagePreparer;
  readonly meter: TokenMeter;
  readonly clock: Clock;
  readonly systemPrompt: string | undefined;
  readonly timeZone: string;
  readonly mediaRetentionMs: number;
  /** For the figures: how one answer of the model went. */
  readonly answered: (figures: {
    readonly firstTextMs: number | undefined;
    readonly usage: ModelUsage | undefined;
  }) => void;
};

export type Answering = {
  readonly turn: Turn;
  readonly adapter: Adapter;
  readonly reply: LiveReply;
  readonly language: Language;
  readonly log: Logger;
  /** Aborts when the turn is to end. */
  readonly signal: AbortSignal;
  /** Stores what is known by now; never rejects. */
  readonly save: (patch: TurnPatch) => Promise<void>;
};

export type Answered = { readonly ending: Ending; readonly reasoning: string };

async function fetchQuote(
  { store }: AnswerServices,
  task: Answering,
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

/** Earlier turns of the conversation, newest first, with the pictures that are still there. */
async function loadPast({ store, clock }: AnswerServices, turn: Turn): Promise<PastTurn[]> {
  const since = await store.scopes.resetAt(turn.scope);
  const turns = await store.turns.history(turn.scope, since, maxPastTurns);
  const now = clock.now().getTime();
  return Promise.all(
    turns
      .filter(({ id, acceptedAt }) => id !== turn.id && acceptedAt <= turn.acceptedAt)
      .map(async ({ id, question, answer, message }) => ({
        question: question ?? '',
        answer: answer ?? '',
        pictures: message.media.length,
        images: message.media.length === 0 ? [] : await store.media.of(id, now),
      })),
  );
}

type Gathered = {
  readonly question: string;
  readonly pictures: Pictures;
  readonly past: readonly PastTurn[];
  readonly remarks: string[];
};

function pictureRemarks(pictures: Pictures, asked: number, language: Language): string[] {
  return [
    ...pictures.unusable.map(({ position, code }) => remarks.pictureUnusable(position, code)[language]),
    ...pictures.endLeftOut.map((position) => remarks.pictureEndLeftOut(position)[language]),
    ...(pictures.read < asked ? [remarks.picturesLeftOut(pictures.read)[language]] : []),
  ];
}

/** Everything the request is made of: the person's words, the quotation, pictures, earlier turns. */
async function gather(services: AnswerServices, task: Answering): Promise<Gathered> {
  const { turn, adapter, reply, language, log, signal } = task;
  const { message } = turn;
  const pastLoading = loadPast(services, turn);
  if (message.quote !== undefined) reply.progress(progress.fetchingQuote[language]);
  const found = await fetchQuote(services, task);
  const quote = found === 'missing' ? undefined : found;
  const refs = [...message.media, ...(quote?.media ?? [])];
  if (refs.length > 0) reply.progress(progress.reading(refs.length)[language]);
  const pictures = await collectPictures(
    { adapter, preparer: services.preparer, clock: services.clock, log },
    refs,
    signal,
  );
  const { images } = pictures;
  if (images.length > 0) {
    const expiresAt = services.clock.now().getTime() + services.mediaRetentionMs;
    await services.store.media.put(turn.id, images, expiresAt);
  }
  const { unreadable, text } = message;
  const missingPictures = pictures.unusable.length + (refs.length - pictures.read);
  const question = composeQuestion({
    text,
    quote,
    unreadable,
    pictures: images.length,
    missingPictures,
    language,
  });
  const missing = found === 'missing' ? [remarks.quoteMissing[language]] : [];
  return {
    question,
    pictures,
    past: await pastLoading,
    remarks: [...missing, ...pictureRemarks(pictures, refs.length, language)],
  };
}

/** What a second try leaves out, for faults that come from what was sent along rather than from the question. */
function lighter(code: ModelFaultCode | undefined, window: WindowInput): WindowInput | undefined {
  const pastImages = window.past.some(({ images }) => images.length > 0);
  if (code === 'context-overflow' && window.past.length > 0) return { ...window, past: [], shortened: true };
  if ((code === 'no-vision' || code === 'too-many-images') && pastImages && window.vision) {
    return { ...window, vision: false };
  }
  return undefined;
}

type WindowInput = {
  readonly past: readonly PastTurn[];
  readonly vision: boolean;
  readonly shortened: boolean;
};

function windowRemarks(window: Window, shortened: boolean, language: Language): string[] {
  return [
    ...(window.picturesGone ? [remarks.oldPicturesGone[language]] : []),
    ...(window.picturesUnseen ? [remarks.oldPicturesUnseen[language]] : []),
    ...(window.trimmed || shortened ? [remarks.historyTrimmed[language]] : []),
  ];
}

const missingPicture: Readonly<Record<Language, string>> = {
  zh: '（这里原有图片，现已不可用）',
  en: '(there were pictures here, no longer available)',
};

/** Takes one question from its words to the end of its answer. Shows everything in `reply` but does not close it. */
export async function answerQuestion(services: AnswerServices, task: Answering): Promise<Answered> {
  const { turn, reply, language, signal, save } = task;
  const { clock, model, meter } = services;
  const startedAt = clock.now().getTime();
  const withoutModel = (
    status: Ending['status'],
    notice: Ending['notice'],
    said: readonly string[],
  ): Answered => ({
    reasoning: '',
    ending: {
      status,
      ...(notice === undefined ? {} : { notice }),
      remarks: said,
      durationMs: clock.now().getTime() - startedAt,
    },
  });

  const gathered = await gather(services, task);
  if (signal.aborted) return withoutModel(...stoppedBefore(signal), []);
  const { pictures, question } = gathered;
  await save({ question });
  if (question.trim() === '') return withoutModel('failed', { type: 'pictures-unusable' }, gathered.remarks);

  const pictured = pictures.images.length > 0;
  const server = await model.describe({ vision: pictured }, signal);
  const ask = async (input: WindowInput): Promise<{ asked: Asked; window: Window }> => {
    const window = buildWindow({
      system: systemPrompt({
        configured: services.systemPrompt,
        language,
        timeZone: services.timeZone,
        now: clock.now(),
      }),
      question,
      images: pictures.images,
      past: input.past,
      contextTokens: server?.contextTokens,
      vision: input.vision,
      meter,
      missingPicture: missingPicture[language],
    });
    task.log.info(
      { step: 'ask', images: pictures.images.length, past: input.past.length },
      'asking the model',
    );
    const asked = await askModel({
      model,
      request: { messages: window.messages, affinity: turn.scope },
      reply,
      language,
      clock,
      signal,
      onPartial: (text) => void save({ answer: text }),
      onFirstText: () => void save({ state: 'streaming' }),
    });
    return { asked, window };
  };

  const first: WindowInput = { past: gathered.past, vision: server?.vision !== 'no', shortened: false };
  let input = first;
  let { asked, window } = await ask(first);
  const second = reply.text() === '' ? lighter(asked.end.fault?.code, first) : undefined;
  if (second !== undefined) {
    input = second;
    ({ asked, window } = await ask(second));
  }
  const { end } = asked;
  services.answered({ firstTextMs: asked.firstTextMs, usage: end.usage });
  if (end.usage !== undefined) meter.learn(window.estimatedTokens, end.usage.promptTokens);
  const verdict = judge(
    end,
    { text: reply.text().trim() !== '', thought: asked.reasoning !== '' },
    signal.reason,
  );
  const tokens = end.usage === undefined ? undefined : end.usage.promptTokens + end.usage.completionTokens;
  await save(
    end.usage === undefined
      ? {}
      : { promptTokens: end.usage.promptTokens, completionTokens: end.usage.completionTokens },
  );
  return {
    // A model that was thought to think aloud may just have answered; the same words are not shown twice.
    reasoning: asked.reasoning.trim() === reply.text().trim() ? '' : asked.reasoning,
    ending: {
      ...verdict,
      remarks: [...gathered.remarks, ...windowRemarks(window, input.shortened, language)],
      ...(asked.server === undefined ? {} : { model: modelName(asked.server.model) }),
      durationMs: clock.now().getTime() - startedAt,
      ...(tokens === undefined ? {} : { tokens }),
    },
  };
}

function stoppedBefore(signal: AbortSignal): [Ending['status'], Ending['notice']] {
  const verdict = judge({ type: 'end', reason: 'aborted' }, { text: false, thought: false }, signal.reason);
  return [verdict.status, verdict.notice];
}
