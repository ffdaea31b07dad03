import type { CallUrgency } from '../../src/contract/budget.ts';
import type { Snapshot } from '../../src/contract/reply.ts';
import type { CallContext, FeishuCalls } from './calls.ts';
import { changesBetween, updateOf } from './card-changes.ts';
import { ANSWER_ID } from './card-elements.ts';
import type { CardElement } from './card-elements.ts';
import { buildCard, cardJson } from './card.ts';
import type { Card, CardLevel } from './card.ts';
import type { CardHandle } from './reply-handle.ts';
import type { CardOperations } from './reply-operations.ts';

export type CardWriterOptions = {
  readonly calls: FeishuCalls;
  readonly operations: CardOperations;
  readonly handle: CardHandle;
  /** What stands in the card at the beginning; undefined when that is not known. */
  readonly shown: readonly CardElement[] | undefined;
};

/** How one write is made. */
export type CardWrite = { readonly urgency: CallUrgency; readonly signal: AbortSignal };

/** Writes into one card and remembers what stands there. Rejects when the platform refuses; then nothing was shown. */
export type CardWriter = {
  /** Undefined when it is not known what stands in the card. */
  shown(): readonly CardElement[] | undefined;
  /** Whatever stands in the card is not to be relied on. */
  forget(): void;
  /** Shows a snapshot in one call where only text grew or only other parts changed; `stream`: by the streaming API. */
  show(take: () => Snapshot, level: CardLevel, stream: boolean, write: CardWrite): Promise<void>;
  /** Puts a whole card in place of what stands there. */
  replace(take: () => Card, streaming: boolean, write: CardWrite): Promise<void>;
  settings(settings: string, write: CardWrite): Promise<void>;
};

// A card is locked while someone presses a button, for at most the 3 s in which that must be answered; the end waits
// that long (in steps of 250 ms), an edit in between leaves it to the next one.
const LOCK_RETRIES: Readonly<Record<CallUrgency, number>> = { first: 4, live: 1, background: 1, final: 14 };

export function createCardWriter(options: CardWriterOptions): CardWriter {
  const { calls, operations, handle } = options;
  let { shown } = options;

  async function streamText(take: () => Card, write: CardWrite): Promise<void> {
    const before = shown ?? [];
    const text = once(() => contentOf(take().elements) ?? contentOf(before) ?? ' ');
    await operations.run(LOCK_RETRIES[write.urgency], write.signal, (operation) =>
      calls.putText(operation, ANSWER_ID, text, contextOf(handle, write), write.signal),
    );
    shown = before.map((element) =>
      element.element_id === ANSWER_ID ? { ...element, content: text() } : element,
    );
    if (changesBetween(shown, take().elements).length > 0) await change(take, write);
  }

  async function change(take: () => Card, write: CardWrite): Promise<void> {
    const before = shown ?? [];
    const actions = once(() => actionsFor(before, take().elements));
    await operations.run(LOCK_RETRIES[write.urgency], write.signal, (operation) =>
      calls.batchUpdate(operation, actions, contextOf(handle, write), write.signal),
    );
    shown = take().elements;
  }

  async function replace(take: () => Card, streaming: boolean, write: CardWrite): Promise<void> {
    const card = once(take);
    const json = once(() => cardJson(card(), streaming));
    await operations.run(LOCK_RETRIES[write.urgency], write.signal, (operation) =>
      calls.putCard(operation, json, contextOf(handle, write), write.signal),
    );
    shown = card().elements;
  }

  return {
    shown: () => shown,
    forget() {
      shown = undefined;
    },
    show(take, level, stream, write) {
      const card = once(() => buildCard(take(), level, true));
      if (shown === undefined) return replace(card, stream, write);
      const canStream =
        stream && level !== 'bare' && shown.some(({ element_id }) => element_id === ANSWER_ID);
      return canStream ? streamText(card, write) : change(card, write);
    },
    replace,
    settings: (settings, write) =>
      operations.run(LOCK_RETRIES[write.urgency], write.signal, (operation) =>
        calls.patchSettings(operation, settings, contextOf(handle, write), write.signal),
      ),
  };
}

function actionsFor(before: readonly CardElement[], after: readonly CardElement[]): string {
  const changes = changesBetween(before, after);
  const [first] = after;
  // A call that leaves must ask for something; what stands there already changes nothing.
  return JSON.stringify(changes.length === 0 && first !== undefined ? [updateOf(first)] : changes);
}

function contentOf(elements: readonly CardElement[]): string | undefined {
  const content = elements.find(({ element_id }) => element_id === ANSWER_ID)?.['content'];
  return typeof content === 'string' ? content : undefined;
}

function contextOf(handle: CardHandle, { urgency }: CardWrite): CallContext {
  return { urgency, card: handle.cardId, chat: handle.chatId };
}

/** A repeated operation must carry the same as the first time, so what it carries is made once. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
