/** When the day, or the month, of `now` began in a time zone (an IANA name), in milliseconds since the epoch. */
export function startOf(unit: 'day' | 'month', now: Date, timeZone: string): number {
  const [year = 1970, month = 1, day = 1] = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
    .format(now)
    .split('-')
    .map(Number);
  const midnight = Date.UTC(year, month - 1, unit === 'day' ? day : 1);
  // Twice: on a day when the clocks change, the offset at the first guess may not be the one at midnight.
  const guess = midnight - offsetMs(midnight, timeZone);
  return midnight - offsetMs(guess, timeZone);
}

type Day = { readonly dayBegan: number; readonly dayEnds: number };

function dayOf(now: Date, timeZone: string): Day {
  const dayBegan = startOf('day', now, timeZone);
  // The longest day, the one on which the clocks go back, has 25 hours.
  const dayEnds = startOf('day', new Date(dayBegan + 26 * 60 * 60_000), timeZone);
  return { dayBegan, dayEnds };
}

/** Tells the present moment, and when its day began and ends in a time zone. */
export function createLimitClock(
  clockNow: () => Date,
  timeZone: string,
): () => Day & { readonly now: number } {
  // Asked for each message, and a calendar's arithmetic takes longer than all else that is decided about one.
  let day: Day = { dayBegan: 0, dayEnds: 0 };
  return () => {
    const now = clockNow();
    const at = now.getTime();
    if (at < day.dayBegan || at >= day.dayEnds) day = dayOf(now, timeZone);
    return { now: at, ...day };
  };
}

/** How far the zone's clocks are ahead of UTC at that moment. */
function offsetMs(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const read = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value ?? 0);
  const local = Date.UTC(
    read('year'),
    read('month') - 1,
    read('day'),
    read('hour'),
    read('minute'),
    read('second'),
  );
  return local - Math.floor(at / 1000) * 1000;
}
