import { createCard } from '../card.ts';
import { applyAction, mergeSettings, statedMode } from '../card-changes.ts';
import { replacement, reviseCard } from '../card-operations.ts';
import { CardProblem, cardkitFault } from '../card-problem.ts';
import { FeishuFault } from '../fault.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Platform } from '../platform.ts';
import { jsonObjectString, jsonString, requiredString, success, type Route } from '../route.ts';
import { cardJson, cardScopes as scopes, cardsPath, parameterFault, runOperation } from './card-request.ts';

/** Card entities as a whole: create, replace, settings, batch, and the id of a card that was sent without an entity. */
export function cardRoutes(platform: Platform): readonly Route[] {
  return [
    createRoute(platform),
    convertRoute(platform),
    updateRoute(platform),
    settingsRoute(platform),
    batchRoute(platform),
  ];
}

function createRoute(platform: Platform): Route {
  return {
    api: 'cardkit.card.create',
    method: 'POST',
    path: cardsPath,
    scopes,
    handle({ body, arrivedMs, note }) {
      if (requiredString(body, 'type', 50) !== 'card_json') throw parameterFault('type');
      const json = cardJson(requiredString(body, 'data', 3_000_000));
      const cardId = platform.ids.cardId();
      try {
        platform.world.addCard(cardId, createCard(json, arrivedMs, platform.cardOptions, cardId));
      } catch (error) {
        throw error instanceof CardProblem ? cardkitFault(error) : error;
      }
      note({ cardId });
      return success({ card_id: cardId });
    },
  };
}

function convertRoute(platform: Platform): Route {
  return {
    api: 'cardkit.card.idConvert',
    method: 'POST',
    path: `${cardsPath}/id_convert`,
    scopes,
    handle({ body, note }) {
      const message = platform.world.message(requiredString(body, 'message_id', 100));
      const card = message?.card;
      if (message?.sender.type !== 'app' || card === undefined) throw parameterFault('message_id');
      card.cardId ??= platform.ids.cardId();
      platform.world.addCard(card.cardId, card);
      note({ messageId: message.messageId, cardId: card.cardId });
      return success({ card_id: card.cardId });
    },
  };
}

function updateRoute(platform: Platform): Route {
  const api = 'cardkit.card.update';
  return {
    api,
    method: 'PUT',
    path: `${cardsPath}/:card_id`,
    scopes,
    handle(request) {
      const given = request.body['card'];
      if (!isObject(given) || given['type'] !== 'card_json') throw parameterFault('card');
      const json = cardJson(requiredString(given, 'data', 3_000_000));
      return runOperation(request, api, platform, (card, operation) =>
        reviseCard(card, operation, platform.cardOptions, () =>
          replacement(card, json, operation.arrivedMs, platform.cardOptions),
        ),
      );
    },
  };
}

function settingsRoute(platform: Platform): Route {
  const api = 'cardkit.card.settings';
  const refuse = (): FeishuFault => new FeishuFault(300122, 'Failed to update card configuration');
  return {
    api,
    method: 'PATCH',
    path: `${cardsPath}/:card_id/settings`,
    scopes,
    handle(request) {
      const settings = jsonObjectString(request.body, 'settings', 100_000, refuse);
      return runOperation(request, api, platform, (card, operation) =>
        reviseCard(card, operation, platform.cardOptions, (json) => {
          mergeSettings(json, settings);
          return { json, streamingMode: statedMode(settings) };
        }),
      );
    },
  };
}

function batchRoute(platform: Platform): Route {
  const api = 'cardkit.card.batchUpdate';
  return {
    api,
    method: 'POST',
    path: `${cardsPath}/:card_id/batch_update`,
    scopes,
    handle(request) {
      const actions = jsonString(request.body, 'actions', 1_000_000, () => parameterFault('actions'));
      if (!Array.isArray(actions) || actions.length === 0) throw parameterFault('actions');
      return runOperation(request, api, platform, (card, operation) =>
        reviseCard(card, operation, platform.cardOptions, (json) => applyActions(json, actions)),
      );
    },
  };
}

function applyActions(
  json: JsonObject,
  actions: readonly unknown[],
): { json: JsonObject; streamingMode: unknown } {
  let streamingMode: unknown;
  for (const action of actions) {
    applyAction(json, action);
    const params = isObject(action) ? action['params'] : undefined;
    streamingMode = (isObject(params) ? statedMode(params['settings']) : undefined) ?? streamingMode;
  }
  return { json, streamingMode };
}
