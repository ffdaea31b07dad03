import type { TurnId } from './turn.ts';

/** Digits and letters that cannot be taken for one another when read aloud or typed off a screen. */
const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';

function draw(length: number, randomByte: () => number): string {
  let drawn = '';
  while (drawn.length < length) {
    const byte = randomByte();
    // Bytes beyond the last whole multiple would make the first letters likelier.
    if (byte < 256 - (256 % alphabet.length)) drawn += alphabet.charAt(byte % alphabet.length);
  }
  return drawn;
}

/** Sixteen letters, 79 bits: never drawn twice. People see the first four. */
export function newTurnId(randomByte: () => number): TurnId {
  return draw(16, randomByte) as TurnId;
}

/** Twenty-eight letters, 138 bits: cannot be guessed, so that only a button we put up can be pressed. */
export function newButtonKey(randomByte: () => number): string {
  return draw(28, randomByte);
}

const codeGroup = `[${alphabet}]{4}`;
const adminCode = new RegExp(`^${codeGroup}(?:-${codeGroup}){4}$`);

/** Twenty letters, 99 bits, in five groups that can be read and typed. */
export function newAdminCode(randomByte: () => number): string {
  return Array.from({ length: 5 }, () => draw(4, randomByte)).join('-');
}

/** Whether it is a code that `newAdminCode` may have made. */
export function isAdminCode(text: string): boolean {
  return adminCode.test(text);
}
