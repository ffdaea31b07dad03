import type { AdapterId } from '../contract/ids.ts';
import type { InboundNotice } from '../contract/inbound.ts';
import type { Clock, Logger } from '../contract/runtime.ts';
import type { PaceLevel } from '../reply/pace.ts';
import { platformAlerts } from '../reply/notices/alerts.ts';
import type { Language } from '../store/store.ts';

export type PlatformAlertOptions = {
  readonly tell: (text: string, signal: AbortSignal) => Promise<void>;
  readonly language: Language;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
};

export type PlatformAlerts = {
  notice(notice: InboundNotice): void;
  /** Replies are edited more or less often, because of the month's calls. */
  pace(adapter: AdapterId, level: PaceLevel): void;
};

/** The same thing about the same platform is told once in so long; in between it stands in the log and in `/status`. */
const repeatMs = 6 * 60 * 60_000;

/** Tells administrators in their direct chats what a platform reports and what is done about its quota. */
export function createPlatformAlerts(options: PlatformAlertOptions): PlatformAlerts {
  const { tell, language, clock, log, signal } = options;
  const toldAt = new Map<string, number>();

  function tellOnce(adapter: AdapterId, code: keyof typeof platformAlerts): void {
    const now = clock.now().getTime();
    const key = `${adapter} ${code}`;
    if (now - (toldAt.get(key) ?? -Infinity) < repeatMs) return;
    toldAt.set(key, now);
    tell(platformAlerts[code](adapter)[language], signal).catch((error: unknown) => {
      log.warn({ adapter, error }, 'administrators could not be told of what a platform reports');
    });
  }

  return {
    notice({ adapter, code, evidence }) {
      log.warn({ adapter, code, evidence }, 'the platform reports something');
      // That somebody took the bot out of a group is their right and no alarm.
      if (code !== 'removed-from-chat') tellOnce(adapter, code);
    },
    pace(adapter, level) {
      log.warn({ adapter, level }, 'replies are edited more or less often for the month’s quota');
      if (level === 'tight' || level === 'final-only') tellOnce(adapter, level);
    },
  };
}
