import { chmod, readFile, rm } from 'node:fs/promises';
import type { Clock, Logger } from '../contract/runtime.ts';
import { writePrivately } from '../private-file.ts';
import { isAdminCode } from './ids.ts';
import type { PolicyBook } from './policy.ts';

/** Where the code of the first administrator lies. */
export type AdminCodePlace = {
  /** No I/O. */
  current(): string | undefined;
  replace(code: string): Promise<void>;
  forget(): Promise<void>;
  /** Puts a code there if there is none, and keeps the file of the one process that does so; until the signal aborts. */
  lead(wanted: () => boolean, fresh: () => string, signal: AbortSignal): Promise<void>;
};

const hint =
  'there is no administrator yet: whoever sends the code in this file to the bot in a direct chat becomes one';

/** In the file alone, for one process. A code that is there already is kept. */
export async function openCodeFile(file: string, log: Logger): Promise<AdminCodePlace> {
  let code: string | undefined;
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (isAdminCode(kept)) code = kept;
  const place: AdminCodePlace = {
    current: () => code,
    async replace(fresh) {
      await writePrivately(file, `${fresh}\n`);
      code = fresh;
    },
    async forget() {
      code = undefined;
      await rm(file, { force: true });
    },
    async lead(wanted, fresh) {
      if (!wanted()) return place.forget();
      if (code === undefined) await place.replace(fresh());
      else {
        log.addSecret(code);
        await chmod(file, 0o600);
      }
      log.warn({ file }, hint);
    },
  };
  return place;
}

/** Under this name it stands among the settings, which all processes read again when one has changed them. */
const setting = 'admin-code';
/** How often the leader looks whether its file still holds what is stored. */
const fileIntervalMs = 1_000;

type SharedPlaceOptions = {
  readonly file: string;
  readonly policy: Pick<PolicyBook, 'current' | 'setSetting'>;
  readonly clock: Clock;
  readonly log: Logger;
};

/** In the database that several processes share, so that any of them knows it; the leader also writes the file. */
export function createSharedCode({ file, policy, clock, log }: SharedPlaceOptions): AdminCodePlace {
  const current = (): string | undefined => {
    const stored = policy.current().settings.get(setting);
    return typeof stored === 'string' ? stored : undefined;
  };
  const place: AdminCodePlace = {
    current,
    replace: (fresh) => policy.setSetting(setting, fresh),
    async forget() {
      if (current() !== undefined) await policy.setSetting(setting, undefined);
      await rm(file, { force: true });
    },
    async lead(wanted, fresh, signal) {
      let written: string | undefined;
      while (!signal.aborted && wanted()) {
        if (current() === undefined) await place.replace(fresh());
        const code = current();
        if (code !== undefined && code !== written) {
          log.addSecret(code);
          await writePrivately(file, `${code}\n`);
          if (written === undefined) log.warn({ file }, hint);
          written = code;
        }
        await clock.sleep(fileIntervalMs, signal);
      }
      // Who is no longer the leader leaves no file behind that will soon be wrong.
      await (signal.aborted ? rm(file, { force: true }) : place.forget());
    },
  };
  return place;
}
