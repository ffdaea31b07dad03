import { act, toast } from '../api.js';
import { arrange, el, show } from '../dom.js';
import { markdown } from '../markdown.js';
import { createTyped } from '../typed.js';
import { say } from '../words.js';
import { createCardState } from './shared/card-state.js';

/**
 * A streamed bubble: the reasoning folded above the answer, and WeCom's own thumbs under it once it is finished. WeCom
 * has no buttons beside streamed text, so stopping and retrying are commands there.
 */
export function createReply(message, pane) {
  const body = el('div', { class: 'card-body' });
  const state = createCardState();
  const root = el('article', { class: 'card stream-bubble' }, body, state.root);
  const answer = createTyped();
  const thought = el('div', { class: 'panel-body md' });
  const thinking = el('details', { class: 'panel' }, el('summary', {}, say('thinking')), thought);
  const thumbs = createThumbs(message, pane);
  const hint = el('div', { class: 'aside' }, pane.say('wecomStop'));

  return {
    root,
    update({ card, rateable }) {
      root.classList.toggle('streaming', card.streaming);
      state.update(card);
      show(thought, markdown(card.thinking));
      answer.update(card.content);
      arrange(body, [
        card.thinking === '' ? undefined : thinking,
        answer.node,
        card.state === 'expired' ? el('div', { class: 'plain' }, say('expired')) : undefined,
        card.streaming ? hint : undefined,
        rateable && card.state === 'finished' ? thumbs : undefined,
      ]);
    },
  };
}

function createThumbs(message, pane) {
  const row = el('div', { class: 'thumbs-row' });
  let chosen;

  async function rate(verdict) {
    const wanted = verdict === chosen ? 'cancelled' : verdict;
    const taken = await act('wecom', 'rate', { message: message.id, by: pane.speaker().id, verdict: wanted });
    if (taken === undefined) return;
    chosen = wanted === 'cancelled' ? undefined : wanted;
    toast(say(chosen === undefined ? 'ratingGone' : 'rated'));
    draw();
  }

  function draw() {
    const thumb = (verdict, mark) =>
      el(
        'button',
        {
          type: 'button',
          class: `thumb-button ${verdict === chosen ? 'chosen' : ''}`,
          'aria-pressed': verdict === chosen ? 'true' : 'false',
          title: say(verdict),
          onclick: () => rate(verdict),
        },
        mark,
      );
    show(row, thumb('good', '👍'), thumb('bad', '👎'));
  }

  draw();
  return row;
}
