import type { Config } from '../config/types.ts';
import type { Place } from '../contract/inbound.ts';
import type { ChatSettings, PolicyStore, StoredPolicy } from '../store/policy.ts';
import type { GroupContext } from './scope.ts';

/** What the operator configured and what administrators set at run time, as it holds at this moment. */
export type Policy = StoredPolicy & {
  readonly configured: Config['access'];
  readonly groupContext: GroupContext;
};

/** Every write; each takes effect for the next decision. */
type Writes = Omit<PolicyStore, 'load'>;

export type PolicyBook = Writes & {
  /** No I/O: decisions are made while a message is being admitted. */
  readonly current: () => Policy;
  /** Reads again what another process may have written. */
  readonly reload: () => Promise<void>;
};

/** Reads the stored policy once and keeps it; whatever is written through the book is read again at once. */
export async function openPolicy(
  store: PolicyStore,
  configured: Config['access'],
  groupContext: GroupContext,
): Promise<PolicyBook> {
  let policy: Policy = { ...(await store.load()), configured, groupContext };
  const reload = async (): Promise<void> => {
    policy = { ...(await store.load()), configured, groupContext };
  };
  const then =
    <Given extends readonly unknown[]>(write: (...given: Given) => Promise<void>) =>
    async (...given: Given): Promise<void> => {
      await write(...given);
      await reload();
    };
  return {
    current: () => policy,
    reload,
    addAdministrator: then(store.addAdministrator),
    removeAdministrator: then(store.removeAdministrator),
    setRule: then(store.setRule),
    removeRule: then(store.removeRule),
    setLimit: then(store.setLimit),
    removeLimit: then(store.removeLimit),
    setVip: then(store.setVip),
    setChat: then(store.setChat),
    setSetting: then(store.setSetting),
  };
}

/** What the chat of this place was set to; undefined: nothing. */
export function chatSettings(policy: Policy, place: Place): ChatSettings | undefined {
  return policy.chats.find(
    ({ adapter, tenant, chat }) =>
      adapter === place.adapter && tenant === place.tenant && chat === place.chat,
  );
}

/** How the group of this place remembers: as it was set, otherwise as configured. */
export function groupContextOf(policy: Policy, place: Place): GroupContext {
  return chatSettings(policy, place)?.context ?? policy.groupContext;
}

/** While set, questions are answered with one sentence (`/pause`). */
export type Maintenance = { readonly since: number; readonly note: string };

export const maintenanceSetting = 'maintenance';

export function maintenanceOf({ settings }: Policy): Maintenance | undefined {
  return settings.get(maintenanceSetting) as Maintenance | undefined;
}
