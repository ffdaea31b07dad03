import type { AllowEntry } from '../config/types.ts';
import type { ChatKey, PersonKey, PlatformId } from '../contract/ids.ts';
import type { Subject } from '../store/policy.ts';
import type { Policy } from './policy.ts';

export type Asker = { readonly platform: PlatformId; readonly person: PersonKey; readonly chat: ChatKey };

export type Access = {
  isAdmin(asker: Asker): boolean;
  /** Administrators may always ask, so that nobody can lock the last one out. */
  mayAsk(asker: Asker): boolean;
};

/** Who may ask when no rule names them: everyone the platform lets reach the bot, or nobody but those on the list. */
export type AccessMode = 'everyone' | 'listed';

export const accessModeSetting = 'access-mode';

/** `ALLOW` makes a list, which no run-time setting opens again; without it administrators choose. */
export function accessMode({ configured, settings }: Policy): AccessMode {
  if (configured.allow !== undefined) return 'listed';
  return settings.get(accessModeSetting) === 'listed' ? 'listed' : 'everyone';
}

function isAbout(subject: Subject | AllowEntry, { platform, person, chat }: Asker): boolean {
  if (subject.platform !== platform) return false;
  if (subject.kind === 'platform') return true;
  const named = subject.kind === 'person' ? person : chat;
  // An event without an id is nobody's: an empty one must never equal an empty one.
  return named !== '' && subject.id === named;
}

/**
 * Decides by immutable platform ids only, compared byte by byte; names never count. A denial outweighs every permission,
 * an empty list lets nobody in, and an event that does not say who asks or where is never answered.
 */
export function createAccess(current: () => Policy): Access {
  const isAdmin = ({ platform, person }: Asker): boolean => {
    const { configured, administrators } = current();
    return (
      person !== '' &&
      [...configured.admins, ...administrators].some(
        (entry) => entry.platform === platform && entry.id === person,
      )
    );
  };
  return {
    isAdmin,
    mayAsk(asker) {
      if (asker.person === '' || asker.chat === '') return false;
      if (isAdmin(asker)) return true;
      const policy = current();
      const about = policy.rules.filter((rule) => isAbout(rule, asker));
      if (about.some(({ effect }) => effect === 'deny')) return false;
      if (accessMode(policy) === 'everyone') return true;
      return about.length > 0 || (policy.configured.allow ?? []).some((entry) => isAbout(entry, asker));
    },
  };
}
