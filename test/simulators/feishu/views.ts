import { configOf, isStreaming, textOf, type Card } from './card.ts';
import type { TextChange } from './card-history.ts';
import { elementsOf } from './card-tree.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Platform } from './platform.ts';
import { displayText } from './said.ts';
import type { SimMessage, SimReaction } from './world-types.ts';

/** A card as it is visible now. All parts are copies. */
export type CardView = {
  readonly cardId: string | undefined;
  readonly messageId: string | undefined;
  readonly json: JsonObject;
  readonly bytes: number;
  /** Text by element id, without the print animation. */
  readonly texts: Readonly<Record<string, string>>;
  /** All Markdown of the card in document order, joined by newlines. */
  readonly markdown: string;
  readonly buttons: readonly {
    readonly elementId?: string;
    readonly label: string;
    readonly disabled: boolean;
  }[];
  readonly streaming: boolean;
  /** What the chat list shows; while streaming without a summary `[生成中...]`. */
  readonly summary: string;
  /** How clients animate streamed text; the defaults are 70 ms, 1 character, `fast`. */
  readonly printing: { readonly frequencyMs: number; readonly step: number; readonly strategy: string };
  /** Sequences of accepted operations, in order. */
  readonly sequences: readonly number[];
  readonly history: readonly TextChange[];
  /** Streamed updates that were no extension of the text before. */
  readonly redraws: number;
};

export type MessageView = {
  readonly messageId: string;
  readonly chatId: string;
  readonly threadId: string | undefined;
  readonly rootId: string | undefined;
  readonly parentId: string | undefined;
  /** `bot`: the app under test. */
  readonly from:
    { readonly kind: 'bot' } | { readonly kind: 'user'; readonly openId: string; readonly name: string };
  readonly messageType: string;
  readonly content: string;
  /** Plain text with names in place of mentions; empty for other types. */
  readonly text: string;
  readonly state: SimMessage['state'];
  readonly edits: number;
  readonly createdMs: number;
  readonly card: CardView | undefined;
  /** A card of schema 1.0. */
  readonly legacyCard: unknown;
  readonly pings: readonly string[];
  readonly reactions: readonly SimReaction[];
  readonly imageKeys: readonly string[];
};

export function viewCard(card: Card, platform: Platform): CardView {
  const json = structuredClone(card.json);
  const elements = [...elementsOf(json)];
  const streaming = isStreaming(card, platform.now(), platform.rules);
  return {
    cardId: card.cardId,
    messageId: card.messageId,
    json,
    bytes: card.bytes,
    texts: Object.fromEntries([...card.report.elements].map(([id, element]) => [id, textOf(element)])),
    markdown: elements
      .filter(({ tag }) => tag === 'markdown')
      .map(textOf)
      .join('\n'),
    buttons: elements.filter(({ tag }) => tag === 'button').map(viewButton),
    streaming,
    summary: summaryOf(json, streaming),
    printing: printingOf(json),
    sequences: [...card.sequences],
    history: card.history.changes(),
    redraws: card.history.redraws(),
  };
}

function viewButton(button: JsonObject): CardView['buttons'][number] {
  const elementId = button['element_id'];
  const id = typeof elementId === 'string' ? { elementId } : {};
  return { ...id, label: textOf(button), disabled: button['disabled'] === true };
}

function summaryOf(json: JsonObject, streaming: boolean): string {
  const summary = configOf(json)['summary'];
  const content = isObject(summary) && typeof summary['content'] === 'string' ? summary['content'] : '';
  return content === '' && streaming ? '[生成中...]' : content;
}

function printingOf(json: JsonObject): CardView['printing'] {
  const config = configOf(json)['streaming_config'];
  const member = (name: string, fallback: number): number => {
    const value = isObject(config) && isObject(config[name]) ? config[name]['default'] : undefined;
    return typeof value === 'number' ? value : fallback;
  };
  const strategy =
    isObject(config) && typeof config['print_strategy'] === 'string' ? config['print_strategy'] : 'fast';
  return { frequencyMs: member('print_frequency_ms', 70), step: member('print_step', 1), strategy };
}

export function viewMessage(message: SimMessage, platform: Platform): MessageView {
  const { sender, card } = message;
  return {
    messageId: message.messageId,
    chatId: message.chatId,
    threadId: message.threadId,
    rootId: message.rootId,
    parentId: message.parentId,
    from:
      sender.type === 'app'
        ? { kind: 'bot' }
        : { kind: 'user', openId: sender.user.openId, name: sender.user.name },
    messageType: message.messageType,
    content: message.content,
    text: message.messageType === 'text' ? displayText(message) : '',
    state: message.state,
    edits: message.edits,
    createdMs: message.createdMs,
    card: card === undefined ? undefined : viewCard(card, platform),
    legacyCard: message.legacyCard,
    pings: [...message.pings],
    reactions: [...message.reactions],
    imageKeys: [...message.resources.values()].filter(({ type }) => type === 'image').map(({ key }) => key),
  };
}
