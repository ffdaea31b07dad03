import type { PersonEntry } from '../config/types.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { PersonKey } from '../contract/ids.ts';
import type { Logger } from '../contract/runtime.ts';
import { preview } from '../reply/preview.ts';

export type TellOptions = {
  /** Asked each time: administrators come and go while the service runs. */
  readonly administrators: () => readonly PersonEntry[];
  readonly adapters: readonly Adapter[];
  readonly uuid: () => string;
  readonly log: Logger;
};

/** A platform that does not take an alert within this must not hold back the next one. */
const sendTimeoutMs = 20_000;

/** Writes to each administrator's direct chat, by the first integration that can reach them. Never rejects. */
export function createTellAdministrators({ administrators, adapters, uuid, log }: TellOptions) {
  async function tellOne(entry: PersonEntry, text: string, signal: AbortSignal): Promise<void> {
    for (const adapter of adapters.filter(({ platform }) => platform === entry.platform)) {
      const to = adapter.addressOf(entry.id as PersonKey);
      if (to === undefined) continue;
      const markdown = adapter.render(text, true);
      const limited = AbortSignal.any([signal, AbortSignal.timeout(sendTimeoutMs)]);
      try {
        await adapter.send(to, { markdown, preview: preview(markdown, '') }, uuid(), limited);
        return;
      } catch (error) {
        log.warn({ adapter: adapter.id, error }, 'an administrator could not be told');
      }
    }
  }
  return async (text: string, signal: AbortSignal): Promise<void> => {
    const people = administrators();
    log.info({ administrators: people.length }, 'telling the administrators');
    await Promise.all(people.map((entry) => tellOne(entry, text, signal)));
  };
}
