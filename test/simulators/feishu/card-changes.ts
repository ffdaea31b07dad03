import { locate, rootElements } from './card-tree.ts';
import { FeishuFault } from './fault.ts';
import { isObject, type JsonObject } from './json.ts';

/** Each function changes the given draft of a card in place and throws the documented refusal when it cannot. */

export function mergeSettings(card: JsonObject, settings: JsonObject): void {
  const { config, card_link: cardLink } = settings;
  const foreign = Object.keys(settings).filter((name) => name !== 'config' && name !== 'card_link');
  if (
    foreign.length > 0 ||
    (config === undefined && cardLink === undefined) ||
    (config !== undefined && !isObject(config))
  ) {
    throw new FeishuFault(
      300122,
      'Failed to update card configuration: only config and card_link are supported',
    );
  }
  if (isObject(config)) card['config'] = { ...(isObject(card['config']) ? card['config'] : {}), ...config };
  if (cardLink !== undefined) card['card_link'] = cardLink;
}

export type Insertion = {
  readonly type: unknown;
  readonly targetElementId: unknown;
  readonly elements: readonly unknown[];
};

export function addElements(card: JsonObject, { type, targetElementId, elements }: Insertion): void {
  const failed = (reason: string): FeishuFault => new FeishuFault(300315, `Failed to add element: ${reason}`);
  if (type === 'append' && (targetElementId === undefined || targetElementId === '')) {
    rootElements(card).push(...elements);
    return;
  }
  if (typeof targetElementId !== 'string') throw failed('target_element_id is required');
  const position = locate(card, targetElementId);
  if (position === undefined) throw failed(`not find elementID ${targetElementId}`);
  const { siblings, index } = position;
  if (type === 'insert_before') siblings.splice(index, 0, ...elements);
  else if (type === 'insert_after') siblings.splice(index + 1, 0, ...elements);
  else {
    const target = siblings[index];
    const inner = isObject(target) ? target['elements'] : undefined;
    if (!Array.isArray(inner)) throw failed('append needs a container');
    inner.push(...elements);
  }
}

export function deleteElements(card: JsonObject, elementIds: readonly unknown[]): void {
  for (const elementId of elementIds) {
    const position = typeof elementId === 'string' ? locate(card, elementId) : undefined;
    if (position === undefined) throw new FeishuFault(300314, 'Failed to delete element: not find elementID');
    position.siblings.splice(position.index, 1);
  }
}

export function replaceElement(card: JsonObject, elementId: unknown, element: unknown): void {
  const position = typeof elementId === 'string' ? locate(card, elementId) : undefined;
  if (position === undefined || !isObject(element)) {
    throw new FeishuFault(300121, 'Failed to replace element: not find elementID');
  }
  position.siblings[position.index] = element;
}

export function mergeElement(card: JsonObject, elementId: unknown, partial: unknown): void {
  const position = typeof elementId === 'string' ? locate(card, elementId) : undefined;
  const element = position?.siblings[position.index];
  if (!isObject(element) || !isObject(partial)) {
    throw new FeishuFault(300313, 'Failed to update element properties: not find elementID');
  }
  if (partial['tag'] !== undefined && partial['tag'] !== element['tag']) {
    throw new FeishuFault(300312, 'Unable to update element tag');
  }
  Object.assign(element, partial);
}

/** The streaming mode a settings object states; undefined when it does not. */
export function statedMode(settings: unknown): unknown {
  return isObject(settings) && isObject(settings['config'])
    ? settings['config']['streaming_mode']
    : undefined;
}

/** One entry of `batch_update`. Unlike in the single calls, its values are objects, not JSON strings. */
export function applyAction(card: JsonObject, action: unknown): void {
  const params = isObject(action) && isObject(action['params']) ? action['params'] : undefined;
  if (!isObject(action) || params === undefined) throw new FeishuFault(10002, 'invalid action');
  switch (action['action']) {
    case 'partial_update_setting':
      return mergeSettings(card, isObject(params['settings']) ? params['settings'] : {});
    case 'add_elements':
      return addElements(card, {
        type: params['type'],
        targetElementId: params['target_element_id'],
        elements: listOf(params['elements']),
      });
    case 'delete_elements':
      return deleteElements(card, listOf(params['element_ids']));
    case 'partial_update_element':
      return mergeElement(card, params['element_id'], params['partial_element']);
    case 'update_element':
      return replaceElement(card, params['element_id'], params['element']);
    default:
      throw new FeishuFault(10002, 'unknown action');
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new FeishuFault(10002, 'expected a list');
  return value;
}
