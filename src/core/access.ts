import type { Config, PersonEntry } from '../config/types.ts';
import type { ChatKey, PersonKey, PlatformId } from '../contract/ids.ts';

export type Asker = { readonly platform: PlatformId; readonly person: PersonKey; readonly chat: ChatKey };

export type Access = {
  isAdmin(asker: Asker): boolean;
  /** Administrators may always ask, so that nobody can lock the last one out. */
  mayAsk(asker: Asker): boolean;
};

function isPerson(entry: PersonEntry, { platform, person }: Asker): boolean {
  return entry.platform === platform && entry.id === person;
}

/** Decides by immutable platform ids only, compared byte by byte; names never count. An empty list lets nobody in. */
export function createAccess({ admins, allow }: Config['access']): Access {
  const isAdmin = (asker: Asker): boolean => admins.some((entry) => isPerson(entry, asker));
  return {
    isAdmin,
    mayAsk(asker) {
      if (allow === undefined || isAdmin(asker)) return true;
      return allow.some((entry) =>
        entry.kind === 'person'
          ? isPerson(entry, asker)
          : entry.platform === asker.platform && entry.id === asker.chat,
      );
    },
  };
}
