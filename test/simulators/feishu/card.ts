import { createCardHistory, type CardHistory, type HistoryDetail } from './card-history.ts';
import { checkCard, type CardReport, type CardSurroundings } from './card-rules.ts';
import { isObject, type JsonObject } from './json.ts';
import type { FeishuRules } from './rules.ts';

/** A 2.0 card as the platform holds it: what is shown now, and what its operations have to respect. */
export type Card = {
  /** Unset for a card sent as plain JSON until it is converted into an entity. */
  cardId: string | undefined;
  messageId: string | undefined;
  readonly createdAtMs: number;
  json: JsonObject;
  report: CardReport;
  /** Size of the card as JSON, kept up to date while texts stream. */
  bytes: number;
  lastSequence: number;
  /** Of accepted operations, newest last; bounded. */
  readonly sequences: number[];
  /** uuid → what was asked with it. */
  readonly uuids: Map<string, string>;
  readonly streaming: StreamingState;
  /** Callbacks under way: until they are answered, nothing may be updated. */
  interactions: number;
  readonly history: CardHistory;
};

type StreamingState = {
  on: boolean;
  /** When it was last switched on (or first, where switching it on again does not count). */
  sinceMs: number | undefined;
  /** The one 200850 after ten minutes was given. */
  timeoutTold: boolean;
};

export type CardOptions = {
  readonly surroundings: CardSurroundings;
  readonly history: HistoryDetail;
  readonly historyCapacity: number;
};

/** Throws `CardProblem` when the card breaks a rule. `cardId` is unset for a card sent as plain JSON. */
export function createCard(json: JsonObject, nowMs: number, options: CardOptions, cardId?: string): Card {
  const report = checkCard(json, options.surroundings);
  const card: Card = {
    cardId,
    messageId: undefined,
    createdAtMs: nowMs,
    json,
    report,
    bytes: report.bytes,
    lastSequence: 0,
    sequences: [],
    uuids: new Map(),
    streaming: { on: false, sinceMs: undefined, timeoutTold: false },
    interactions: 0,
    history: createCardHistory(options.history, options.historyCapacity),
  };
  followStreamingMode(card, configOf(json)['streaming_mode'], nowMs, options.surroundings.rules);
  return card;
}

/** Replaces the whole content; the caller has checked `report`. */
export function replaceCard(card: Card, json: JsonObject, report: CardReport): void {
  card.json = json;
  card.report = report;
  card.bytes = report.bytes;
}

export function configOf(json: JsonObject): JsonObject {
  return isObject(json['config']) ? json['config'] : {};
}

/** Applies a `streaming_mode` of the configuration; anything but a boolean changes nothing. */
export function followStreamingMode(card: Card, mode: unknown, nowMs: number, rules: FeishuRules): void {
  if (typeof mode !== 'boolean') return;
  const { streaming } = card;
  streaming.on = mode;
  if (!mode) return;
  if (rules.reenablingRestarts || streaming.sinceMs === undefined) {
    streaming.sinceMs = nowMs;
    streaming.timeoutTold = false;
  }
}

/** Whether streaming mode is on now: switched on, and not yet closed by its ten minutes. */
export function isStreaming(card: Card, nowMs: number, rules: FeishuRules): boolean {
  return card.streaming.on && !isTimedOut(card, nowMs, rules);
}

export function isTimedOut(card: Card, nowMs: number, rules: FeishuRules): boolean {
  const { on, sinceMs } = card.streaming;
  return on && sinceMs !== undefined && nowMs - sinceMs >= rules.limits.streamingMs;
}

/** The text an element shows: its own content, or that of its `text`. */
export function textOf(element: JsonObject | undefined): string {
  if (element === undefined) return '';
  const inner = isObject(element['text']) ? element['text'] : element;
  return typeof inner['content'] === 'string' ? inner['content'] : '';
}
