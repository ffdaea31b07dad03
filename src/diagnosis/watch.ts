import type { Config } from '../config/types.ts';
import type { Clock } from '../contract/runtime.ts';
import type { ModelHealth } from '../model/types.ts';
import { alertWords } from '../reply/notices/alerts.ts';
import type { Phrase } from '../reply/notices/phrase.ts';
import type { Language } from '../store/store.ts';
import { isQuiet, timeOfDay } from './quiet-hours.ts';
import { createServerWatch, type Alert } from './server-watch.ts';

export type WatchOptions = {
  /** Cached, one entry for each server, always in the same order. */
  readonly health: () => readonly ModelHealth[];
  readonly settings: Config['health'];
  readonly timeZone: string;
  readonly language: Language;
  readonly clock: Clock;
  /** Tells the administrators; must not reject. */
  readonly tell: (text: string, signal: AbortSignal) => Promise<void>;
};

/** So many alerts of one night are told in the morning; the oldest are forgotten. */
const heldAtMost = 30;

/**
 * Watches the model servers until the signal aborts and tells each change once; during quiet hours afterwards. It looks
 * once in `HEALTH_INTERVAL_MS` at what the model client found, which itself looks every four seconds and learns from each
 * request: `/status` shows an outage within seconds, whereas administrators are only written to about one that lasted.
 */
export async function watchModelServers(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { health, settings, timeZone, language, clock, tell } = options;
  const watches = health().map(() => createServerWatch(settings));
  const held: string[] = [];
  while (!signal.aborted) {
    const at = clock.now();
    const lines = health().flatMap((server, index) => {
      const alert = watches[index]?.look(server, at);
      return alert === undefined ? [] : [wordsOf(alert, options)[language]];
    });
    if (isQuiet(at, settings.quietHours, timeZone)) {
      held.push(...lines);
      held.splice(0, held.length - heldAtMost);
    } else {
      const late = held.splice(0);
      const all = late.length === 0 ? lines : [alertWords.heldBack[language], ...late, ...lines];
      if (all.length > 0) await tell(all.join('\n\n'), signal);
    }
    await clock.sleep(settings.intervalMs, signal);
  }
}

function wordsOf(alert: Alert, { settings, timeZone }: WatchOptions): Phrase {
  const since = timeOfDay(alert.since, timeZone);
  switch (alert.type) {
    case 'down':
      return alertWords.down(alert.server, since, alert.seen);
    case 'slow':
      return alertWords.slow(alert.server, since, alert.latencyMs, settings.slowMs);
    case 'recovered':
      return alertWords.recovered(alert.server, since, alert.lastedMs);
  }
}
