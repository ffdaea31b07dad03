import type { PaneEvent, View } from '../../pane.ts';

/** Redraws of a page are collected for so long: faster than an eye, slower than a burst of edits. */
const collectMs = 40;

/** Tells the page what changed messages look like now, each once however often it changed. */
export function createRedraws(
  view: (messageId: string) => View | undefined,
  emit: (event: PaneEvent) => void,
): { redraw(messageId: string): void; stop(): void } {
  const changed = new Set<string>();
  let collecting: NodeJS.Timeout | undefined;
  return {
    redraw(messageId) {
      changed.add(messageId);
      collecting ??= setTimeout(() => {
        collecting = undefined;
        for (const id of changed) {
          const message = view(id);
          if (message !== undefined) emit({ type: 'message', message });
        }
        changed.clear();
      }, collectMs);
    },
    stop: () => clearTimeout(collecting),
  };
}
