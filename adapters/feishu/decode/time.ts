/**
 * Reads a platform time, which comes as digits in seconds, in milliseconds (messages) or in microseconds (card
 * callbacks); the number of digits tells them apart until the year 2286. Undefined for anything else.
 */
export function readPlatformTime(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{10,16}$/.test(text)) return undefined;
  const digits = text.length;
  const number = Number(text);
  if (digits === 16) return new Date(Math.floor(number / 1000));
  if (digits === 13) return new Date(number);
  return digits === 10 ? new Date(number * 1000) : undefined;
}
