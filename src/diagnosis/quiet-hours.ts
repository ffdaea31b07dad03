import type { QuietHours } from '../config/types.ts';

/** Minutes after midnight in that time zone. */
export function minuteOfDay(at: Date, timeZone: string): number {
  const [hours = 0, minutes = 0] = timeOfDay(at, timeZone).split(':').map(Number);
  return hours * 60 + minutes;
}

/** `14:03`. */
export function timeOfDay(at: Date, timeZone: string): string {
  const format = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone } as const;
  return new Intl.DateTimeFormat('en-GB', format).format(at);
}

/** The first minute is quiet, the last is not; hours that begin later than they end span midnight. */
export function isQuiet(at: Date, hours: QuietHours | undefined, timeZone: string): boolean {
  if (hours === undefined) return false;
  const { fromMinute: from, toMinute: to } = hours;
  const minute = minuteOfDay(at, timeZone);
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}
