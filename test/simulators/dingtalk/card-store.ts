import type { Card } from './card.ts';
import type { CardTemplate } from './card-template.ts';
import type { Ids } from './ids.ts';

/** Templates and cards of the organisation. Bounded; forgets the oldest cards. */
export type CardStore = {
  /** The template every simulator has: one Markdown variable `content`, and one text variable `note`. */
  readonly template: CardTemplate;
  templates(): readonly CardTemplate[];
  findTemplate(id: string): CardTemplate | undefined;
  addTemplate(template: CardTemplate): void;
  card(outTrackId: string): Card | undefined;
  add(card: Card): void;
  all(): readonly Card[];
  /** The next deliveries fail inside an answer that says success. */
  refuseDeliveries(errorMsg: string, times: number): void;
  takeRefusedDelivery(): string | undefined;
};

export function createCardStore(ids: Ids, given: readonly CardTemplate[], capacity: number): CardStore {
  const template: CardTemplate = {
    id: `${ids.uuid()}.schema`,
    variables: { content: 'markdown', note: 'text' },
  };
  const templates = new Map([template, ...given].map((known) => [known.id, known]));
  const cards = new Map<string, Card>();
  const refused: string[] = [];
  return {
    template,
    templates: () => [...templates.values()],
    findTemplate: (id) => templates.get(id),
    addTemplate: (added) => void templates.set(added.id, added),
    card: (outTrackId) => cards.get(outTrackId),
    add(card) {
      cards.set(card.outTrackId, card);
      const oldest = cards.keys().next().value;
      if (cards.size > capacity && oldest !== undefined) cards.delete(oldest);
    },
    all: () => [...cards.values()],
    refuseDeliveries(errorMsg, times) {
      for (let left = times; left > 0; left -= 1) refused.push(errorMsg);
    },
    takeRefusedDelivery: () => refused.shift(),
  };
}
