import type { Adapter } from '../contract/adapter.ts';
import type { AdapterId, Address } from '../contract/ids.ts';
import type { AccessRule } from '../store/policy.ts';
import type { UsedChat } from '../store/broadcasts.ts';
import type { Access } from './access.ts';

/** One chat that a broadcast would go to. */
export type Recipient = {
  readonly adapter: AdapterId;
  readonly platform: string;
  readonly kind: 'direct' | 'group';
  readonly address: Address;
};

export type Audience = {
  readonly recipients: readonly Recipient[];
  /** Chats to which the platform lets nobody write unasked. */
  readonly unreachable: number;
};

export type AudienceServices = {
  readonly adapters: ReadonlyMap<AdapterId, Adapter>;
  readonly access: Pick<Access, 'mayAsk'>;
  readonly rules: readonly AccessRule[];
};

/** Whoever was there: a denied chat is left out also when an administrator used it. */
function isDenied(rules: readonly AccessRule[], { platform, kind, chat }: UsedChat): boolean {
  return rules.some(
    (rule) =>
      rule.effect === 'deny' &&
      rule.platform === platform &&
      (rule.kind === 'platform' ||
        (rule.kind === 'chat' && kind === 'group' && chat !== '' && rule.id === chat)),
  );
}

/**
 * Everyone who may ask, each once: a person in one direct chat of theirs (the one used last), a group where somebody who
 * may ask did so. `used` has the latest first.
 */
export function audienceOf(
  { adapters, access, rules }: AudienceServices,
  used: readonly UsedChat[],
): Audience {
  const recipients = new Map<string, Recipient>();
  const unreachable = new Set<string>();
  for (const one of used) {
    const { adapter: id, platform, kind, chat, person } = one;
    if (!access.mayAsk({ platform, person, chat }) || isDenied(rules, one)) continue;
    // A person may use several integrations of one platform; a group is known by its integration.
    const key = JSON.stringify(kind === 'direct' ? [platform, 'person', person] : [id, 'group', chat]);
    if (recipients.has(key)) continue;
    const adapter = adapters.get(id);
    const address = kind === 'direct' ? adapter?.addressOf(person) : adapter?.addressOfGroup(chat);
    if (address === undefined) unreachable.add(key);
    else recipients.set(key, { adapter: id, platform, kind, address });
  }
  const left = [...unreachable].filter((key) => !recipients.has(key));
  return { recipients: [...recipients.values()], unreachable: left.length };
}
