import { arrange, el } from '../dom.js';
import { createTyped } from '../typed.js';
import { part } from './feishu-card-parts.js';
import { createCardState } from './shared/card-state.js';

/** A card that follows its true state on the platform; streamed text is typed out as its settings say (`printing`). */
export function createCard(press) {
  const body = el('div', { class: 'card-body' });
  const state = createCardState();
  const root = el('article', { class: 'card' }, body, state.root);
  const context = { press, opened: new Set(), closed: new Set() };
  const title = el('h4', { class: 'card-title' });
  let drawn = [];

  function update(card) {
    const header = card.json.header?.title?.content;
    const elements = Array.isArray(card.json.body?.elements) ? card.json.body.elements : [];
    const next = elements.map((element, index) => draw(element, index, card));
    title.textContent = String(header ?? '');
    arrange(body, [header ? title : undefined, ...next.map(({ node }) => node)]);
    for (const { typed } of drawn) if (typed && !next.some((entry) => entry.typed === typed)) typed.stop();
    drawn = next;
    root.classList.toggle('streaming', card.streaming);
    state.update(card);
  }

  // An element that stayed the same keeps its node, so that nothing flickers and no press gets lost.
  function draw(element, index, card) {
    const id = element.element_id ?? `${element.tag}-${index}`;
    const sign = JSON.stringify(element);
    const before = drawn.find((entry) => entry.id === id);
    if (element.tag === 'markdown') {
      const typed = before?.typed ?? createTyped();
      typed.update(String(element.content ?? ''), card.streaming ? card.printing : undefined);
      return { id, sign, node: typed.node, typed };
    }
    return before?.sign === sign ? before : { id, sign, node: part(element, context) };
  }

  return { root, update };
}
