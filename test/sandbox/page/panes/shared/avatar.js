import { el } from '../../dom.js';

const colours = 8;

/** A round picture of somebody's name. */
export function avatar(name, bot = false) {
  const number = [...name].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % colours;
  return el(
    'span',
    { class: `avatar ${bot ? 'avatar-bot' : `tone-${number}`}`, 'aria-hidden': 'true' },
    initials(name),
  );
}

function initials(name) {
  const characters = [...name];
  return /^[A-Za-z]/.test(name)
    ? characters.slice(0, 1).join('').toUpperCase()
    : characters.slice(-2).join('');
}
