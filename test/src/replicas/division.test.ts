import { expect, it } from 'vitest';
import { divisionAmong } from '../../../src/replicas/division.ts';
import { longestMemoryMs, marginMs } from '../../../src/replicas/member-times.ts';
import type { Replica } from '../../../src/store/replicas.ts';

const minuteMs = 60_000;
const secondMs = 1_000;

const none: ReadonlySet<string> = new Set();
const replica = (owner: string, counts: readonly string[], aliveForMs = 5_000): Replica => ({
  owner,
  counts,
  aliveForMs,
});

it('those who count one another share evenly', () => {
  const counts = ['one', 'two', 'three'];
  const all = counts.map((owner) => replica(owner, counts));
  const among = divisionAmong(all, { counts, before: ['two', 'three'], inherited: none });
  expect([among(secondMs), among(minuteMs)]).toEqual([3, 3]);
});

it('what an ended one said that it might use is kept out of a limit until its window is over', () => {
  const counts = ['one', 'three'];
  const ended = (agoMs: number): Replica => replica('two', ['one', 'two'], -agoMs);
  const among = (agoMs: number) =>
    divisionAmong([replica('one', counts), replica('three', counts), ended(agoMs)], {
      counts,
      before: ['three'],
      inherited: none,
    });
  expect([among(900)(secondMs), among(900)(minuteMs)]).toEqual([4, 4]);
  expect([among(1_000)(secondMs), among(1_000)(minuteMs)]).toEqual([2, 4]);
  expect(among(minuteMs + marginMs - 1)(minuteMs)).toBe(4);
  expect(among(minuteMs + marginMs)(minuteMs)).toBe(2);
  expect(among(longestMemoryMs + marginMs)(60 * minuteMs)).toBe(2);
});

it('one that does not count a newcomer yet keeps its whole part, for it might end before it does', () => {
  const all = [replica('one', ['one', 'two']), replica('two', ['one', 'two']), replica('three', ['three'])];
  const counts = ['one', 'two', 'three'];
  // A half is the second one's; the first and the newcomer, which uses nothing yet, share the other half.
  expect(divisionAmong(all, { counts, before: ['two'], inherited: none })(minuteMs)).toBe(4);
});

it('several ended ones leave the living half of a minute, of a second only what they did not hold', () => {
  const all = [replica('one', ['one']), replica('two', ['two'], -500), replica('three', ['three'], -500)];
  const among = divisionAmong(all, { counts: ['one'], before: [], inherited: none });
  expect([among(minuteMs), among(secondMs)]).toEqual([2, Infinity]);
});

it('who has taken over what an ended one used of a minute keeps no part of it free', () => {
  const all = [replica('one', ['one']), replica('two', ['two'], -500)];
  const among = divisionAmong(all, { counts: ['one'], before: [], inherited: new Set(['two']) });
  expect([among(minuteMs), among(secondMs)]).toEqual([1, Infinity]);
});
