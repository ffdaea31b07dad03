import { el, show } from '../../dom.js';
import { say } from '../../words.js';

/** The line under a reply: whether it still grows, and in how many updates it came. */
export function createCardState() {
  const root = el('div', { class: 'card-state' });
  return {
    root,
    update({ streaming, updates }) {
      show(
        root,
        streaming ? el('span', { class: 'live' }, say('streaming')) : undefined,
        updates > 0 ? el('span', {}, `${updates} ${say('cardFacts')}`) : undefined,
      );
    },
  };
}
