/** Milliseconds since the epoch, as a number (samples) or as digits (tables). Undefined for anything else. */
export function readPlatformTime(value: unknown): Date | undefined {
  const number = typeof value === 'string' && /^\d{13}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1e12 || number > 1e13) {
    return undefined;
  }
  return new Date(number);
}
