import { deliverCard, spacesOf, type DeliverResult } from '../card-delivery.ts';
import { cardOf, makeCard } from '../card-request.ts';
import { announceCard } from '../card-changes.ts';
import type { Platform } from '../platform.ts';
import type { ApiRequest, Route } from '../route.ts';

const route = { host: 'api', token: 'header', metered: 'month', scope: 'Card.Instance.Write' } as const;

/** Cards are made and delivered in one call, or in two. */
export function cardCreateRoutes(platform: Platform): readonly Route[] {
  return [
    {
      ...route,
      api: 'card.createAndDeliver',
      method: 'POST',
      path: '/v1.0/card/instances/createAndDeliver',
      handle({ body, note }) {
        // Everything is checked before anything is made.
        const spaces = spacesOf(body, 'param.openDeliverModelEmpty');
        const card = makeCard(body, platform);
        const deliverResults = deliverCard(card, spaces, platform);
        noteDelivery(deliverResults, card.outTrackId, card.places[0]?.conversationId, note);
        announceCard(platform, card);
        return { json: { success: true, result: { outTrackId: card.outTrackId, deliverResults } } };
      },
    },
    {
      ...route,
      api: 'card.create',
      method: 'POST',
      path: '/v1.0/card/instances',
      handle({ body, note }) {
        const { outTrackId } = makeCard(body, platform);
        note({ outTrackId });
        return { json: { success: true, result: outTrackId } };
      },
    },
    {
      ...route,
      api: 'card.deliver',
      method: 'POST',
      path: '/v1.0/card/instances/deliver',
      handle({ body, note }) {
        const card = cardOf(body, platform);
        const results = deliverCard(card, spacesOf(body, 'param.spaceDeliverModelEmpty'), platform);
        noteDelivery(results, card.outTrackId, card.places[0]?.conversationId, note);
        announceCard(platform, card);
        return { json: { success: true, result: results } };
      },
    },
  ];
}

function noteDelivery(
  results: readonly DeliverResult[],
  outTrackId: string,
  conversationId: string | undefined,
  note: ApiRequest['note'],
): void {
  note({
    outTrackId,
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(results.every(({ success }) => success) ? {} : { hidden: 'deliverResults' }),
  });
}
