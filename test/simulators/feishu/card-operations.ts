import {
  configOf,
  followStreamingMode,
  isStreaming,
  isTimedOut,
  replaceCard,
  textOf,
  type Card,
  type CardOptions,
} from './card.ts';
import { CardProblem, cardkitFault } from './card-problem.ts';
import { checkCard, checkMarkdown, checkTableNumber } from './card-rules.ts';
import { FeishuFault } from './fault.ts';
import type { JsonObject } from './json.ts';
import type { RateLimits } from './rate-limits.ts';

/** What every operation on a card entity carries. */
export type CardOperation = {
  readonly arrivedMs: number;
  readonly sequence: number;
  readonly uuid: string | undefined;
  /** Everything the operation asks for except its sequence: equal text means the same operation. */
  readonly request: string;
};

const rememberedUuids = 10_000;
const rememberedSequences = 10_000;

/**
 * Runs one operation under the rules common to all: repeat of a uuid, operations per second, interaction lock and
 * sequence. `apply` throws to refuse; then neither sequence nor uuid is used up.
 */
export function operate(
  card: Card,
  operation: CardOperation,
  limits: RateLimits,
  options: CardOptions,
  apply: () => void,
): void {
  const { rules } = options.surroundings;
  const streaming = isStreaming(card, operation.arrivedMs, rules);
  limits.card(card.cardId ?? '', streaming, operation.arrivedMs);
  const known = operation.uuid === undefined ? undefined : card.uuids.get(operation.uuid);
  if (known === operation.request) return; // already done: the same answer once more
  if (known !== undefined) throw new FeishuFault(200770, 'UUID conflict');
  if (operation.arrivedMs - card.createdAtMs >= rules.limits.entityMs) {
    throw new FeishuFault(200750, 'The card entity has expired');
  }
  if (card.interactions > 0) {
    throw new FeishuFault(200810, 'The card is in an ongoing interaction and cannot be updated');
  }
  if (operation.sequence <= card.lastSequence) {
    throw new FeishuFault(
      300317,
      'The sequence number for operating on the card did not increment consecutively',
    );
  }
  try {
    apply();
  } catch (error) {
    throw error instanceof CardProblem ? cardkitFault(error) : error;
  }
  card.lastSequence = operation.sequence;
  card.sequences.push(operation.sequence);
  if (card.sequences.length > rememberedSequences) card.sequences.shift();
  if (operation.uuid !== undefined && card.uuids.size < rememberedUuids) {
    card.uuids.set(operation.uuid, operation.request);
  }
}

/** The streaming text API: replaces the text of a `markdown` or `plain_text` element while streaming mode is on. */
export function streamText(
  card: Card,
  elementId: string,
  content: string,
  operation: CardOperation,
  options: CardOptions,
): void {
  const { surroundings } = options;
  const { rules } = surroundings;
  if (isTimedOut(card, operation.arrivedMs, rules)) {
    if (!card.streaming.timeoutTold) {
      card.streaming.timeoutTold = true;
      throw new FeishuFault(200850, 'Card streaming timeout');
    }
    throw new FeishuFault(300309, 'Card streaming closed: streaming mode is closed');
  }
  if (!card.streaming.on) throw new FeishuFault(300309, 'Card streaming closed: streaming mode is closed');
  const element = card.report.elements.get(elementId);
  if (element === undefined)
    throw new FeishuFault(300313, `Failed to update element properties: not find elementID ${elementId}`);
  if (element['tag'] !== 'markdown' && element['tag'] !== 'plain_text')
    throw new FeishuFault(300310, 'Only update text');
  const before = textOf(element);
  const bytes = card.bytes + jsonBytes(content) - jsonBytes(before);
  if (rules.streamedTextCounts && bytes > rules.limits.cardBytes) {
    throw new CardProblem(200860, 'Card content exceeds limit.');
  }
  const tables = new Map(card.report.tables);
  const mentions = new Set(card.report.mentions);
  if (element['tag'] === 'markdown') {
    const scan = checkMarkdown(content, `ROOT -> ${elementId}`, surroundings);
    tables.set(element, scan.tables);
    checkTableNumber(card.report.tableComponents, tables.values(), rules);
    scan.mentions.forEach((id) => mentions.add(id));
  }
  element['content'] = content;
  card.bytes = bytes;
  card.report = { ...card.report, tables, mentions };
  card.history.record(
    { atMs: operation.arrivedMs, elementId, sequence: operation.sequence, streamed: true },
    before,
    content,
  );
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** What a change leaves behind: the new card, and the streaming mode it asks for (undefined: not mentioned). */
export type Revision = { readonly json: JsonObject; readonly streamingMode: unknown };

/**
 * Changes a copy of the card, checks the whole and puts it in place. Texts that differ afterwards go into the history
 * as not streamed.
 */
export function reviseCard(
  card: Card,
  operation: Pick<CardOperation, 'arrivedMs' | 'sequence'>,
  options: CardOptions,
  change: (draft: JsonObject) => Revision,
): void {
  const { json, streamingMode } = change(structuredClone(card.json));
  const report = checkCard(json, options.surroundings);
  const before = card.report.elements;
  replaceCard(card, json, report);
  followStreamingMode(card, streamingMode, operation.arrivedMs, options.surroundings.rules);
  for (const [elementId, element] of report.elements) {
    const [old, text] = [textOf(before.get(elementId)), textOf(element)];
    if (old === text) continue;
    const { arrivedMs: atMs, sequence } = operation;
    card.history.record({ atMs, elementId, sequence, streamed: false }, old, text);
  }
}

/** A whole new card: leaves the ten minutes alone when streaming simply goes on, and is off when it does not say so. */
export function replacement(card: Card, json: JsonObject, nowMs: number, options: CardOptions): Revision {
  const mode = configOf(json)['streaming_mode'] === true;
  const goesOn = mode && isStreaming(card, nowMs, options.surroundings.rules);
  return { json, streamingMode: goesOn ? undefined : mode };
}
