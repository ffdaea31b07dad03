/** Every n-th point so that at most `most` are left, the last one always among them. */
export function thinned<Point>(points: readonly Point[], most: number): readonly Point[] {
  const step = Math.ceil(points.length / most);
  return step <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % step === 0);
}

/** `11-20 08:05`, in the server's time zone. */
export function timeLabel(at: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
