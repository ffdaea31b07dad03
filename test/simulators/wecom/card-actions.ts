import { isObject, type JsonObject } from '../feishu/json.ts';
import type { WeComRules } from './rules.ts';

/** Chosen option ids by question key, of the card's selections and check boxes. */
export type Selections = Readonly<Record<string, readonly string[]>>;

export type CardAction = { readonly cardType: string; readonly taskId: string; readonly key: string };

/** The action behind a button, the submit button or an entry of the menu; throws when no such key is on the card. */
export function findAction(card: JsonObject, key: string): CardAction {
  const menu = isObject(card['action_menu']) ? card['action_menu']['action_list'] : undefined;
  const candidates: readonly unknown[] = [
    ...listOf(card['button_list']),
    card['submit_button'],
    ...listOf(menu),
  ];
  if (!candidates.some((candidate) => isObject(candidate) && candidate['key'] === key))
    throw new Error('the card shows no button with this key');
  const taskId = typeof card['task_id'] === 'string' ? card['task_id'] : '';
  return { cardType: String(card['card_type']), taskId, key };
}

/** What stands beside `eventtype`, in one of the three spellings of the maker's own code and documents. */
export function cardEventDetail(
  { cardType, taskId, key }: CardAction,
  selections: Selections,
  spelling: WeComRules['cardEventSpelling'],
): JsonObject {
  if (spelling === 'flat') return { event_key: key, task_id: taskId };
  const items = Object.entries(selections).map(([question, options]) => ({
    question_key: question,
    option_ids: { option_id: [...options] },
  }));
  const selected = items.length === 0 ? {} : { selected_items: { selected_item: items } };
  const named =
    spelling === 'snake'
      ? { card_type: cardType, event_key: key, task_id: taskId }
      : { cardtype: cardType, eventkey: key, taskid: taskId };
  return { template_card_event: { ...named, ...selected } };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
