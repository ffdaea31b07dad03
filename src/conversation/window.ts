import type { ModelImage, ModelMessage } from '../model/types.ts';
import { imageTokens, type TokenMeter } from './tokens.ts';

/** An earlier turn of the same conversation. `pictures` says how many it had, `images` holds those still stored. */
export type PastTurn = {
  readonly question: string;
  readonly answer: string;
  readonly pictures: number;
  readonly images: readonly ModelImage[];
};

/** Assumed where a server does not tell its window: the smallest that current Qwen servers are commonly run with. */
const unknownContextTokens = 8_192;
/** Pictures of earlier turns that go along; the newest win. */
const maxPastImages = 8;

export type WindowOptions = {
  readonly system: string;
  readonly question: string;
  readonly images: readonly ModelImage[];
  /** Newest first. */
  readonly past: readonly PastTurn[];
  readonly contextTokens: number | undefined;
  /** False when the server is known to be blind: earlier pictures then stay behind. */
  readonly vision: boolean;
  readonly meter: TokenMeter;
  /** Stands in a past question for pictures that cannot go along. */
  readonly missingPicture: string;
};

export type Window = {
  readonly messages: readonly ModelMessage[];
  readonly estimatedTokens: number;
  /** Some earlier turns did not fit. */
  readonly trimmed: boolean;
  /** Some earlier pictures have expired. */
  readonly picturesGone: boolean;
  /** Some earlier pictures stayed behind because the server is blind. */
  readonly picturesUnseen: boolean;
};

/** A quarter of the window, within bounds, is kept for the answer. */
function answerTokens(contextTokens: number): number {
  return Math.min(8_192, Math.max(512, Math.floor(contextTokens / 4)));
}

type Kept = { readonly turn: PastTurn; readonly images: readonly ModelImage[] };

function chooseImages(turn: PastTurn, vision: boolean, already: number): readonly ModelImage[] {
  return vision ? turn.images.slice(0, Math.max(0, maxPastImages - already)) : [];
}

/** The newest turns that fit beside the question, in the order in which they were said. */
export function buildWindow(options: WindowOptions): Window {
  const { system, question, images, past, meter, vision } = options;
  const contextTokens = options.contextTokens ?? unknownContextTokens;
  const sum = (list: readonly ModelImage[]): number =>
    list.reduce((total, image) => total + imageTokens(image), 0);
  let used = meter.text(system) + meter.text(question) + sum(images);
  const limit = contextTokens - answerTokens(contextTokens);
  const kept: Kept[] = [];
  let imagesKept = 0;
  for (const turn of past) {
    const chosen = chooseImages(turn, vision, imagesKept);
    const cost = meter.text(turn.question) + meter.text(turn.answer) + sum(chosen);
    if (used + cost > limit) break;
    used += cost;
    imagesKept += chosen.length;
    kept.push({ turn, images: chosen });
  }
  const messages = kept.reverse().flatMap(({ turn, images: chosen }): ModelMessage[] => [
    {
      role: 'user',
      text: chosen.length < turn.pictures ? `${options.missingPicture}\n${turn.question}` : turn.question,
      ...(chosen.length === 0 ? {} : { images: chosen }),
    },
    { role: 'assistant', text: turn.answer },
  ]);
  return {
    messages: [
      { role: 'system', text: system },
      ...messages,
      { role: 'user', text: question, ...(images.length === 0 ? {} : { images }) },
    ],
    estimatedTokens: used,
    trimmed: kept.length < past.length,
    picturesGone: kept.some(({ turn }) => turn.images.length < turn.pictures),
    picturesUnseen: !vision && kept.some(({ turn }) => turn.images.length > 0),
  };
}
