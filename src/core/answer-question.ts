import { shaped } from '../assistants/shape-events.ts';
import type { Logger } from '../contract/runtime.ts';
import type { TokenMeter } from '../conversation/tokens.ts';
import { buildWindow, type PastTurn, type Window } from '../conversation/window.ts';
import type { Model, ModelFaultCode } from '../model/types.ts';
import type { LiveReply } from '../reply/live-reply.ts';
import { remarks } from '../reply/notices/endings.ts';
import type { Language, Store } from '../store/store.ts';
import { planAnswer, type PlanServices } from './answer-plan.ts';
import { askModel, type Asked } from './ask-model.ts';
import { judge } from './judge.ts';
import type { Material, MaterialServices } from './material.ts';
import type { ModelStages } from './model-stages.ts';
import { modelName } from './present.ts';
import type { Trace } from './trace.ts';
import type { Ending, Turn, TurnPatch } from './turn.ts';

/** Earlier turns looked at; the model's window is what really bounds them. */
const maxPastTurns = 40;

/** How one answer of the model went. `server` is undefined when none began to answer. */
export type AnswerFigures = Pick<Asked, 'end' | 'server' | 'firstTextMs'> & { readonly durationMs: number };

export type AnswerServices = MaterialServices &
  PlanServices & {
    readonly store: Pick<Store, 'turns' | 'media' | 'scopes'>;
    readonly model: Model;
    readonly stages: Pick<ModelStages, 'begin'>;
    readonly meter: TokenMeter;
    /** For the figures: how one answer of the model went. */
    readonly answered: (figures: AnswerFigures) => void;
  };

export type Answering = {
  readonly turn: Turn;
  /** What the question is made of; begun to be collected before it was this question's turn. */
  readonly material: Promise<Material>;
  readonly reply: LiveReply;
  readonly language: Language;
  readonly log: Logger;
  /** Aborts when the turn is to end. */
  readonly signal: AbortSignal;
  readonly trace: Trace;
  /** Text of the answer is about to be shown; from now on nothing is added to the question. */
  readonly onFirstText: () => void;
  /** Stores what is known by now; never rejects. False: it could not be stored now. */
  readonly save: (patch: TurnPatch) => Promise<boolean>;
};

export type Answered = { readonly ending: Ending; readonly reasoning: string };

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

  const [gathered, past] = await Promise.all([task.material, loadPast(services, turn)]);
  if (signal.aborted) return withoutModel(...stoppedBefore(signal), []);
  const { pictures, question } = gathered;
  // Stored while the model is asked, and before the end of the answer is: only a finished answer is remembered with it.
  const questionStored = save({ question });
  if (question.trim() === '') {
    await questionStored;
    return withoutModel('failed', { type: 'pictures-unusable' }, gathered.remarks);
  }

  const pictured = pictures.images.length > 0;
  const plan = await planAnswer(services, turn, language, task.log);
  const wanted = plan.request.model === undefined ? {} : { model: plan.request.model };
  const server = await model.describe({ vision: pictured, ...wanted }, signal);
  const ask = async (input: WindowInput): Promise<{ asked: Asked; window: Window }> => {
    const window = buildWindow({
      system: plan.system,
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
    const shape = plan.shape();
    const stage = services.stages.begin(turn.scope);
    const asked = await askModel({
      model: shape === undefined ? model : shaped(model, shape),
      request: {
        ...plan.request,
        messages: window.messages,
        affinity: turn.scope,
        asker: JSON.stringify([turn.message.place.platform, turn.message.sender.key]),
      },
      reply,
      language,
      clock,
      signal,
      trace: task.trace,
      onMoved: stage.moved,
      onPartial: (text) => void save({ answer: text }),
      onFirstText: () => {
        task.onFirstText();
        void save({ state: 'streaming' });
      },
    }).finally(stage.over);
    return { asked, window };
  };

  const first: WindowInput = { past: past, vision: server?.vision !== 'no', shortened: false };
  let input = first;
  const askedAt = clock.now().getTime();
  let { asked, window } = await ask(first);
  const second = reply.text() === '' ? lighter(asked.end.fault?.code, first) : undefined;
  if (second !== undefined) {
    input = second;
    ({ asked, window } = await ask(second));
  }
  await questionStored;
  const { end } = asked;
  services.answered({ ...asked, durationMs: clock.now().getTime() - askedAt });
  if (end.usage !== undefined) meter.learn(window.estimatedTokens, end.usage.promptTokens);
  const shown = reply.text().trim() !== '';
  const verdict = judge(end, { text: shown, thought: asked.reasoning !== '' }, signal.reason);
  const tokens = end.usage === undefined ? undefined : end.usage.promptTokens + end.usage.completionTokens;
  // An answer that was ended at its longest length was let go before the server told its count: ours stands for it.
  const ended = end.reason === 'stop' && end.usage === undefined;
  const estimate = { promptTokens: window.estimatedTokens, completionTokens: meter.text(reply.text()) };
  // Not waited for: it shares the commit that decides the end, which comes after it.
  void save({
    ...(asked.server === undefined ? {} : { model: asked.server.model }),
    ...(ended ? estimate : end.usage),
  });
  const seen = window.messages.some(({ images }) => images !== undefined);
  return {
    // A model that was thought to think aloud may just have answered; the same words are not shown twice.
    reasoning: asked.reasoning.trim() === reply.text().trim() ? '' : asked.reasoning,
    ending: {
      ...verdict,
      remarks: [
        ...gathered.remarks,
        ...(await plan.remarks(asked.server, seen)),
        ...windowRemarks(window, input.shortened, language),
      ],
      ...(plan.label === undefined || !shown ? {} : { label: plan.label }),
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
