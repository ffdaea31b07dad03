import type { Json } from '../../src/contract/ids.ts';
import { THINKING_ID, THINKING_TEXT_ID } from './card-elements.ts';
import type { CardElement } from './card-elements.ts';

/** One action of `batch_update`. */
export type CardAction = { readonly action: string; readonly params: { readonly [name: string]: Json } };

/** What turns a card that shows `before` into one that shows `after`. Both keep the same order of ids. */
export function changesBetween(before: readonly CardElement[], after: readonly CardElement[]): CardAction[] {
  const remaining = new Map(after.map((element) => [element.element_id, element]));
  const old = new Map(before.map((element) => [element.element_id, element]));
  const deleted = before.map(({ element_id }) => element_id).filter((id) => !remaining.has(id));
  const changed = after.flatMap((element) => {
    const previous = old.get(element.element_id);
    return previous === undefined ? [] : changeOf(previous, element);
  });
  const added = additions(old, after);
  // Elements are added while their neighbours still stand, so the card is never empty in between.
  return [
    ...changed,
    ...added,
    ...(deleted.length === 0 ? [] : [{ action: 'delete_elements', params: { element_ids: deleted } }]),
  ];
}

export function updateOf(element: CardElement): CardAction {
  return { action: 'update_element', params: { element_id: element.element_id, element } };
}

function changeOf(before: CardElement, after: CardElement): CardAction[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const inner = after.element_id === THINKING_ID ? innerText(after) : undefined;
  // Only the text inside: a panel that someone has unfolded must not fold while it is being read.
  if (inner !== undefined && JSON.stringify(before['header']) === JSON.stringify(after['header']))
    return [updateOf(inner)];
  return [updateOf(after)];
}

function innerText(panel: CardElement): CardElement | undefined {
  const { elements } = panel;
  return Array.isArray(elements) ? elements.find(isThinkingText) : undefined;
}

function isThinkingText(value: Json): value is CardElement {
  return (
    typeof value === 'object' &&
    value !== null &&
    'element_id' in value &&
    value.element_id === THINKING_TEXT_ID
  );
}

function additions(old: ReadonlyMap<string, CardElement>, after: readonly CardElement[]): CardAction[] {
  const actions: CardAction[] = [];
  let above: string | undefined;
  for (const element of after) {
    if (!old.has(element.element_id)) actions.push(addition(element, above, after, old));
    above = element.element_id;
  }
  return actions;
}

function addition(
  element: CardElement,
  above: string | undefined,
  after: readonly CardElement[],
  old: ReadonlyMap<string, CardElement>,
): CardAction {
  const elements = [element];
  if (above !== undefined) {
    return { action: 'add_elements', params: { type: 'insert_after', target_element_id: above, elements } };
  }
  const below = after.find(({ element_id }) => old.has(element_id)) ?? [...old.values()][0];
  if (below === undefined) return { action: 'add_elements', params: { type: 'append', elements } };
  return {
    action: 'add_elements',
    params: { type: 'insert_before', target_element_id: below.element_id, elements },
  };
}
