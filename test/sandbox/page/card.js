import { part } from './card-parts.js';
import { arrange, el, show } from './dom.js';
import { markdown } from './markdown.js';
import { say } from './words.js';

/**
 * A card that follows its true state on the platform. Streamed text is typed out as the clients do it: so many
 * characters at a time (`printing`); with strategy `fast`, what is left is shown at once when newer text comes.
 */
export function createCard(press) {
  const body = el('div', { class: 'card-body' });
  const state = el('div', { class: 'card-state' });
  const root = el('article', { class: 'card' }, body, state);
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
    show(
      state,
      card.streaming ? el('span', { class: 'live' }, say('streaming')) : undefined,
      card.updates > 0 ? el('span', {}, `${card.updates} ${say('cardFacts')}`) : undefined,
    );
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

function createTyped() {
  const node = el('div', { class: 'md answer' });
  let target = '';
  let shown = -1;
  let timer;

  function draw(length) {
    // Half of a character outside the basic plane would show as a box.
    const end = /[\ud800-\udbff]/.test(target[length - 1] ?? '') ? length + 1 : length;
    shown = Math.min(end, target.length);
    show(node, markdown(target.slice(0, shown)));
  }

  function stop() {
    window.clearInterval(timer);
    timer = undefined;
  }

  return {
    node,
    stop,
    update(text, printing) {
      if (text === target && shown === target.length) return;
      const before = target;
      target = text;
      const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (printing === undefined || still || shown === -1 || !text.startsWith(before)) {
        stop();
        return draw(text.length);
      }
      if (text !== before && printing.strategy === 'fast') shown = before.length;
      timer ??= setInterval(() => {
        draw(Math.min(target.length, shown + printing.step));
        if (shown >= target.length) stop();
      }, printing.frequencyMs);
    },
  };
}
