import { isObject, type JsonObject } from './json.ts';

type Position = { readonly siblings: unknown[]; readonly index: number };

/** Where the element with this id stands in the card: the list that holds it, and its index there. */
export function locate(card: JsonObject, elementId: string): Position | undefined {
  const pending: unknown[] = [card['body']];
  while (pending.length > 0) {
    const value = pending.pop();
    if (Array.isArray(value)) {
      const index = value.findIndex((item) => isObject(item) && item['element_id'] === elementId);
      if (index >= 0) return { siblings: value, index };
      pending.push(...value.filter((item) => typeof item === 'object'));
    } else if (isObject(value)) {
      pending.push(...Object.values(value).filter((child) => typeof child === 'object'));
    }
  }
  return undefined;
}

/** Every object with a tag in a card, in document order. */
export function* elementsOf(value: unknown): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value) yield* elementsOf(item);
  if (!isObject(value)) return;
  if (typeof value['tag'] === 'string') yield value;
  for (const child of Object.values(value)) if (typeof child === 'object') yield* elementsOf(child);
}

/** The root list of a card: `body.elements` in schema 2.0, `elements` in 1.0. */
export function rootElements(card: JsonObject): unknown[] {
  const body = card['body'];
  const elements = isObject(body) ? body['elements'] : card['elements'];
  return Array.isArray(elements) ? elements : [];
}
