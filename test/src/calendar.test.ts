import { expect, it } from 'vitest';
import { createLimitClock, startOf } from '../../src/calendar.ts';

it('tells when the day began and ends, also on days of 23 and 25 hours, and when the clock is set', () => {
  let now = new Date(0);
  const clock = createLimitClock(() => now, 'Europe/Berlin');
  const hoursAt = (moment: string): number => {
    now = new Date(moment);
    const { now: told, dayBegan, dayEnds } = clock();
    expect(told).toBe(now.getTime());
    expect(dayBegan).toBe(startOf('day', now, 'Europe/Berlin'));
    expect(dayBegan <= told && told < dayEnds).toBe(true);
    return (dayEnds - dayBegan) / 3_600_000;
  };
  expect(hoursAt('2026-11-20T12:00:00Z')).toBe(24);
  expect(hoursAt('2026-11-20T22:59:59.999Z')).toBe(24);
  expect(hoursAt('2026-11-20T23:00:00Z')).toBe(24);
  expect(hoursAt('2026-03-29T12:00:00Z')).toBe(23);
  expect(hoursAt('2026-10-25T00:30:00Z')).toBe(25);
});
