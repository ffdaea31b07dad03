import type { ChatKey, PersonKey, PlatformId } from '../../src/contract/ids.ts';
import type { Config } from '../../src/config/types.ts';
import type { PolicyBook } from '../../src/core/policy.ts';
import { maintenanceSetting } from '../../src/core/policy.ts';

/** Somebody as the platform's own events name them, and the group they are in (undefined where there are none). */
export type Somebody = {
  readonly platform: PlatformId;
  readonly person: PersonKey;
  readonly group: ChatKey | undefined;
};

/** A policy whose configured half a test changes while the service runs, as a restart with another `.env` would. */
export type ChangingPolicy = PolicyBook & { configure(access: Config['access']): void };

export function changing(book: PolicyBook): ChangingPolicy {
  let configured = book.current().configured;
  return {
    ...book,
    current: () => ({ ...book.current(), configured }),
    configure: (access) => void (configured = access),
  };
}

type Install = (policy: ChangingPolicy, who: Somebody) => Promise<void>;

const rule = (policy: ChangingPolicy, who: Somebody, effect: 'allow' | 'deny', kind: 'person' | 'chat') =>
  policy.setRule({
    kind,
    platform: who.platform,
    id: kind === 'person' ? who.person : (who.group ?? 'no-group'),
    effect,
    at: 1,
    by: 'test',
  });

const nothing: Config['access'] = { admins: [], allow: undefined };
const closed = (policy: ChangingPolicy): Promise<void> => policy.setSetting('access-mode', 'listed');

/** Everything a person can be, and how one becomes it. */
export const roles = {
  'named in ADMINS': async (policy, { platform, person }) =>
    policy.configure({ admins: [{ platform, id: person }], allow: [] }),
  'made administrator in the chat': async (policy, { platform, person }) => {
    await policy.addAdministrator({ platform, id: person, addedAt: 1, addedBy: 'code' });
    await closed(policy);
  },
  'ordinary person': async () => undefined,
  'person on the list': async (policy, who) => {
    await closed(policy);
    await rule(policy, who, 'allow', 'person');
  },
  'denied person, though on the list': async (policy, who) => {
    const { platform, person } = who;
    policy.configure({ admins: [], allow: [{ kind: 'person', platform, id: person }] });
    await rule(policy, who, 'deny', 'person');
  },
  'person of a denied platform': async (policy, { platform }) =>
    policy.setRule({ kind: 'platform', platform, id: '', effect: 'deny', at: 1, by: 'test' }),
  'stranger while the list is closed': async (policy) => policy.configure({ admins: [], allow: [] }),
  'allowed by the group only': async (policy, who) => {
    await closed(policy);
    await rule(policy, who, 'allow', 'chat');
  },
  'denied in the group only': async (policy, who) => rule(policy, who, 'deny', 'chat'),
} satisfies Readonly<Record<string, Install>>;

export type Role = keyof typeof roles;
export const roleNames = Object.keys(roles) as readonly Role[];

/** Makes this person, and nobody else, what the role says; pauses the service or not. */
export async function become(
  policy: ChangingPolicy,
  role: Role,
  who: Somebody,
  paused: boolean,
): Promise<void> {
  policy.configure(nothing);
  const { administrators, rules } = policy.current();
  for (const administrator of administrators) await policy.removeAdministrator(administrator);
  for (const known of rules) await policy.removeRule(known);
  await policy.setSetting('access-mode', undefined);
  await policy.setSetting(maintenanceSetting, paused ? { since: 1, note: '' } : undefined);
  await roles[role](policy, who);
}
