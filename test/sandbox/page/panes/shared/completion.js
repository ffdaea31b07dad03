import { el, show } from '../../dom.js';

/** Names after an `@`: arrow keys and Enter, Tab or a click take one. */
export function createCompletion(field, list, names, changed) {
  let found = [];
  let chosen = 0;

  function look() {
    const begun = /@([^\s@]{0,20})$/.exec(field.value.slice(0, field.selectionStart));
    found =
      begun === null
        ? []
        : names().filter(
            (name) => name.toLowerCase().startsWith(begun[1].toLowerCase()) && name !== begun[1],
          );
    chosen = 0;
    draw();
  }

  function draw() {
    list.hidden = found.length === 0;
    show(
      list,
      found.map((name, index) =>
        el(
          'li',
          {
            role: 'option',
            'aria-selected': index === chosen ? 'true' : 'false',
            onmousedown: (event) => {
              event.preventDefault();
              pick(name);
            },
          },
          `@${name}`,
        ),
      ),
    );
  }

  function pick(name) {
    const start = field.value.slice(0, field.selectionStart).lastIndexOf('@');
    field.setRangeText(`@${name} `, start, field.selectionStart, 'end');
    found = [];
    draw();
    changed();
  }

  field.addEventListener('input', look);
  field.addEventListener('blur', () => {
    found = [];
    draw();
  });
  return {
    take(event) {
      if (found.length === 0 || event.isComposing) return false;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        chosen = (chosen + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % found.length;
        draw();
      } else if (event.key === 'Enter' || event.key === 'Tab') pick(found[chosen]);
      else if (event.key === 'Escape') {
        found = [];
        draw();
      } else return false;
      event.preventDefault();
      return true;
    },
  };
}
