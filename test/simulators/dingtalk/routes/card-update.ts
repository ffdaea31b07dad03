import { isObject } from '../../feishu/json.ts';
import { setValues, type Card } from '../card.ts';
import { announceCard } from '../card-changes.ts';
import { cardOf, cardValues } from '../card-request.ts';
import { refusal } from '../fault.ts';
import type { Platform } from '../platform.ts';
import type { Route } from '../route.ts';

/** Sets variables of a card: all of them anew, unless told to go by key. */
export function cardUpdateRoutes(platform: Platform): readonly Route[] {
  return [
    {
      api: 'card.update',
      host: 'api',
      method: 'PUT',
      path: '/v1.0/card/instances',
      token: 'header',
      metered: 'month',
      scope: 'Card.Instance.Write',
      handle({ body, note }) {
        const { cardData, privateData, cardUpdateOptions } = body;
        if (cardData === undefined && privateData === undefined)
          throw refusal('param.cardDataAndPrivateDataBothEmpty', 'card data and private data both empty');
        const card = cardOf(body, platform);
        note({ outTrackId: card.outTrackId });
        const options = isObject(cardUpdateOptions) ? cardUpdateOptions : {};
        const values = cardData === undefined ? undefined : cardValues(cardData, platform);
        const personal = personalValues(privateData, platform);
        if (values !== undefined) setValues(card, values, options['updateCardDataByKey'] === true, platform);
        setPersonal(card, personal, options['updatePrivateDataByKey'] === true);
        if (card.openCallbacks > 0) card.updatesDuringCallback += 1;
        announceCard(platform, card);
        return { json: { success: true, result: true } };
      },
    },
  ];
}

type PersonalValues = ReadonlyMap<string, ReadonlyMap<string, string>>;

function personalValues(privateData: unknown, platform: Platform): PersonalValues {
  if (privateData === undefined) return new Map();
  if (!isObject(privateData)) throw refusal('param.invalid', 'privateData is invalid');
  return new Map(
    Object.entries(privateData).map(([userId, given]) => {
      if (platform.world.person(userId) === undefined)
        throw refusal('param.userIdNotExist', 'user id not exist');
      return [userId, cardValues(given, platform)];
    }),
  );
}

function setPersonal(card: Card, personal: PersonalValues, byKey: boolean): void {
  for (const [userId, values] of personal) {
    const known = byKey ? (card.privateValues.get(userId) ?? []) : [];
    card.privateValues.set(userId, new Map([...known, ...values]));
  }
}
