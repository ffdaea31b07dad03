import { arrange, el } from '../dom.js';
import { createTyped } from '../typed.js';
import { say } from '../words.js';
import { cardButton } from './shared/card-button.js';
import { createCardState } from './shared/card-state.js';
import { press } from './shared/press.js';

/** The client types streamed text out; how fast is not documented, this is fast enough to keep up with a model. */
const printing = { frequencyMs: 40, step: 2, strategy: 'fast' };

/**
 * An AI card, laid out as the shipped template has it in its states: waiting, writing, ended. A sentence for one person
 * only is shown to that person.
 */
export function createReply(message, pane) {
  const body = el('div', { class: 'card-body' });
  const state = createCardState();
  const bar = el(
    'div',
    { class: 'ai-bar' },
    el('span', { class: 'ai-mark' }, 'AI'),
    el('span', {}, pane.bot()),
  );
  const root = el('article', { class: 'card ai-card' }, bar, body, state.root);
  const doing = el('span');
  const waiting = el('div', { class: 'ai-waiting' }, el('i'), el('i'), el('i'), doing);
  const [answer, facts] = [createTyped(), createTyped('md')];
  let buttons = { sign: '', node: undefined };

  function row(shown) {
    const sign = JSON.stringify(shown);
    if (sign === buttons.sign) return buttons.node;
    const drawn = shown.map(({ actionId, label }) =>
      cardButton(label, () => press(message, { actionId }, label, pane), { primary: actionId === 'stop' }),
    );
    buttons = { sign, node: drawn.length === 0 ? undefined : el('div', { class: 'columns' }, drawn) };
    return buttons.node;
  }

  const line = (kind, words) => (words ? el('div', { class: kind }, words) : undefined);

  /** From top to bottom. */
  function parts(card) {
    const content = card.blank ? line('plain blank-card', say('blankCard')) : answer.node;
    const told = line('plain toast-line', card.toasts[pane.speaker().id]);
    if (card.state === 'processing') return [waiting];
    if (card.state === 'inputting')
      return [content, line('progress', card.progress), row(card.buttons), told];
    const [figures, notice] = [card.facts === '' ? undefined : facts.node, line('plain', card.notice)];
    return [content, figures, notice, row(card.buttons), told, line('aside', card.footer)];
  }

  return {
    root,
    update({ card }) {
      root.classList.toggle('streaming', card.streaming);
      state.update(card);
      doing.textContent = card.progress || say('aiWorking');
      answer.update(card.content, card.streaming ? printing : undefined);
      facts.update(card.facts);
      arrange(body, parts(card));
    },
  };
}
