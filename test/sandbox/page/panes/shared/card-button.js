import { el } from '../../dom.js';

/** A button of a card; it waits for the answer before it can be pressed again. */
export function cardButton(label, onPress, { primary = false, disabled = false } = {}) {
  const press = async ({ currentTarget }) => {
    currentTarget.disabled = true;
    await onPress();
    currentTarget.disabled = false;
  };
  return el(
    'button',
    { class: `card-button ${primary ? 'primary' : ''}`, type: 'button', disabled, onclick: press },
    label,
  );
}
