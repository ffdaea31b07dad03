import { el, show } from './dom.js';
import { markdown } from './markdown.js';

/**
 * Markdown that is typed out as clients do it. `update(text, printing)`: `printing` has `step` characters each
 * `frequencyMs`; with `strategy` `fast`, what is left is shown at once when newer text comes. Without it, all at once.
 * `looks`: the classes of its `node`.
 */
export function createTyped(looks = 'md answer') {
  const node = el('div', { class: looks });
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
