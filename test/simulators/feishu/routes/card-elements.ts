import { addElements, deleteElements, mergeElement, replaceElement } from '../card-changes.ts';
import { reviseCard, streamText } from '../card-operations.ts';
import { FeishuFault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import type { Platform } from '../platform.ts';
import { jsonObjectString, jsonString, requiredString, type Route } from '../route.ts';
import { cardScopes as scopes, cardsPath, parameterFault, runOperation } from './card-request.ts';

const elementPath = `${cardsPath}/:card_id/elements/:element_id`;
const maxJsonCharacters = 1_000_000;
const maxStreamedCharacters = 100_000;

/** Single elements of a card entity, and the streaming of text into one. */
export function cardElementRoutes(platform: Platform): readonly Route[] {
  return [
    contentRoute(platform),
    createRoute(platform),
    changeRoute(platform, 'cardkit.cardElement.update', 'PUT', 'element', 300121, replaceElement),
    changeRoute(platform, 'cardkit.cardElement.patch', 'PATCH', 'partial_element', 300313, mergeElement),
    {
      api: 'cardkit.cardElement.delete',
      method: 'DELETE',
      path: elementPath,
      scopes,
      handle: (request) =>
        runOperation(request, 'cardkit.cardElement.delete', platform, (card, operation) =>
          reviseCard(card, operation, platform.cardOptions, (json) => {
            deleteElements(json, [request.params['element_id']]);
            return { json, streamingMode: undefined };
          }),
        ),
    },
  ];
}

function contentRoute(platform: Platform): Route {
  const api = 'cardkit.cardElement.content';
  return {
    api,
    method: 'PUT',
    path: `${elementPath}/content`,
    scopes,
    handle(request) {
      const content = requiredString(request.body, 'content', maxStreamedCharacters);
      const elementId = request.params['element_id'] ?? '';
      return runOperation(request, api, platform, (card, operation) =>
        streamText(card, elementId, content, operation, platform.cardOptions),
      );
    },
  };
}

function createRoute(platform: Platform): Route {
  const api = 'cardkit.cardElement.create';
  return {
    api,
    method: 'POST',
    path: `${cardsPath}/:card_id/elements`,
    scopes,
    handle(request) {
      const { body } = request;
      const type = requiredString(body, 'type', 50);
      if (!['insert_before', 'insert_after', 'append'].includes(type)) throw parameterFault('type');
      const refuse = (): FeishuFault => new FeishuFault(300315, 'Failed to add element');
      const elements = jsonString(body, 'elements', maxJsonCharacters, refuse);
      if (!Array.isArray(elements)) throw refuse();
      const insertion = { type, targetElementId: body['target_element_id'], elements };
      return runOperation(request, api, platform, (card, operation) =>
        reviseCard(card, operation, platform.cardOptions, (json) => {
          addElements(json, insertion);
          return { json, streamingMode: undefined };
        }),
      );
    },
  };
}

function changeRoute(
  platform: Platform,
  api: string,
  method: string,
  field: string,
  malformedCode: number,
  change: (json: JsonObject, elementId: unknown, value: unknown) => void,
): Route {
  return {
    api,
    method,
    path: elementPath,
    scopes,
    handle(request) {
      const refuse = (): FeishuFault => new FeishuFault(malformedCode, `${field} is not valid JSON`);
      const value = jsonObjectString(request.body, field, maxJsonCharacters, refuse);
      return runOperation(request, api, platform, (card, operation) =>
        reviseCard(card, operation, platform.cardOptions, (json) => {
          change(json, request.params['element_id'], value);
          return { json, streamingMode: undefined };
        }),
      );
    },
  };
}
