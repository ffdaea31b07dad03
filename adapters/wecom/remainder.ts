import { openFence } from './render.ts';

/** What of `whole` is not in `shown` yet, with a code fence that was cut opened again; all of it if it begins otherwise. */
export function remainder(shown: string, whole: string): string {
  if (!whole.startsWith(shown)) return whole;
  const rest = whole.slice(shown.length);
  const fence = openFence(shown);
  return fence === undefined || rest.trim() === '' ? rest : `${fence}\n${rest.replace(/^\n/, '')}`;
}
