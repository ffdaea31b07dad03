import type { Kysely } from 'kysely';
import type { AdapterId, ChatKey, Json, PlatformId, TenantKey } from '../contract/ids.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** A person by the platform's immutable id. */
export type PersonRef = { readonly platform: PlatformId; readonly id: string };

export type Administrator = PersonRef & { readonly addedAt: number; readonly addedBy: string };

/** Whom a rule is about: a person anywhere on the platform, everyone in one chat, or the whole platform (`id` empty). */
export type Subject = {
  readonly kind: 'person' | 'chat' | 'platform';
  readonly platform: PlatformId;
  readonly id: string;
};

export type AccessRule = Subject & { readonly effect: 'allow' | 'deny' };

/** Whom a limit is about. The first four hold for everybody of a kind; `platform` and `id` are then empty. */
export type LimitKind = 'each-person' | 'each-vip' | 'each-chat' | 'all' | 'person' | 'chat';

/** `undefined`: not set here, the next wider one holds. `unlimited`: no limit, whatever is set elsewhere. */
export type LimitValue = number | 'unlimited' | undefined;

export type Limit = {
  readonly kind: LimitKind;
  readonly platform: string;
  readonly id: string;
  readonly requestsPerMinute: LimitValue;
  readonly tokensPerDay: LimitValue;
};

export type ChatRef = { readonly adapter: AdapterId; readonly tenant: TenantKey; readonly chat: ChatKey };

/** What a chat was set to for everyone in it. */
export type ChatSettings = ChatRef & {
  readonly context: 'user' | 'group' | undefined;
  readonly assistant: string | undefined;
};

/** Everything administrators set at run time, as it stands in the store. */
export type StoredPolicy = {
  readonly administrators: readonly Administrator[];
  readonly rules: readonly AccessRule[];
  readonly limits: readonly Limit[];
  readonly vips: readonly PersonRef[];
  readonly chats: readonly ChatSettings[];
  readonly settings: ReadonlyMap<string, Json>;
};

export type PolicyStore = {
  readonly load: () => Promise<StoredPolicy>;
  readonly addAdministrator: (administrator: Administrator) => Promise<void>;
  readonly removeAdministrator: (person: PersonRef) => Promise<void>;
  readonly setRule: (rule: AccessRule & { readonly at: number; readonly by: string }) => Promise<void>;
  readonly removeRule: (subject: Subject) => Promise<void>;
  readonly setLimit: (limit: Limit) => Promise<void>;
  readonly removeLimit: (limit: Pick<Limit, 'kind' | 'platform' | 'id'>) => Promise<void>;
  readonly setVip: (person: PersonRef, vip: boolean) => Promise<void>;
  readonly setChat: (
    chat: ChatRef,
    set: Partial<Pick<ChatSettings, 'context' | 'assistant'>>,
  ) => Promise<void>;
  /** Undefined forgets the setting. */
  readonly setSetting: (name: string, value: Json | undefined) => Promise<void>;
};

function fromNumber(value: number | null): LimitValue {
  if (value === null) return undefined;
  return value < 0 ? 'unlimited' : value;
}

function toNumber(value: LimitValue): number | null {
  return value === 'unlimited' ? -1 : (value ?? null);
}

/** Reads and writes what `core/policy.ts` keeps in memory. The store wrote these rows itself, so their shapes are trusted. */
export function createPolicyStore(db: Kysely<Schema>, queue: WriteQueue): PolicyStore {
  return {
    async load() {
      const [administrators, rules, limits, vips, chats, settings] = await Promise.all([
        db.selectFrom('administrators').selectAll().orderBy('added_at').execute(),
        db.selectFrom('access_rules').selectAll().orderBy('set_at').execute(),
        db.selectFrom('limits').selectAll().execute(),
        db.selectFrom('people').select(['platform', 'person']).where('vip', '=', 1).execute(),
        db.selectFrom('chats').selectAll().execute(),
        db.selectFrom('settings').selectAll().execute(),
      ]);
      return {
        administrators: administrators.map((row) => ({
          platform: row.platform as PlatformId,
          id: row.person,
          addedAt: row.added_at,
          addedBy: row.added_by,
        })),
        rules: rules.map((row) => ({
          kind: row.kind as Subject['kind'],
          platform: row.platform as PlatformId,
          id: row.subject,
          effect: row.effect as AccessRule['effect'],
        })),
        limits: limits.map((row) => ({
          kind: row.kind as LimitKind,
          platform: row.platform,
          id: row.subject,
          requestsPerMinute: fromNumber(row.requests_per_minute),
          tokensPerDay: fromNumber(row.tokens_per_day),
        })),
        vips: vips.map((row) => ({ platform: row.platform as PlatformId, id: row.person })),
        chats: chats.map((row) => ({
          adapter: row.adapter as AdapterId,
          tenant: row.tenant as TenantKey,
          chat: row.chat as ChatKey,
          context: row.context === 'user' || row.context === 'group' ? row.context : undefined,
          assistant: row.assistant ?? undefined,
        })),
        settings: new Map(settings.map(({ name, value }) => [name, JSON.parse(value) as Json])),
      };
    },
    addAdministrator: ({ platform, id, addedAt, addedBy }) =>
      queue.write(async (transaction) => {
        await transaction
          .insertInto('administrators')
          .values({ platform, person: id, added_at: addedAt, added_by: addedBy })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }),
    removeAdministrator: ({ platform, id }) =>
      queue.write(async (transaction) => {
        await transaction
          .deleteFrom('administrators')
          .where('platform', '=', platform)
          .where('person', '=', id)
          .execute();
      }),
    setRule: ({ platform, kind, id, effect, at, by }) =>
      queue.write(async (transaction) => {
        await transaction
          .insertInto('access_rules')
          .values({ platform, kind, subject: id, effect, set_at: at, set_by: by })
          .onConflict((conflict) =>
            conflict.columns(['platform', 'kind', 'subject']).doUpdateSet({ effect, set_at: at, set_by: by }),
          )
          .execute();
      }),
    removeRule: ({ platform, kind, id }) =>
      queue.write(async (transaction) => {
        await transaction
          .deleteFrom('access_rules')
          .where('platform', '=', platform)
          .where('kind', '=', kind)
          .where('subject', '=', id)
          .execute();
      }),
    setLimit: ({ kind, platform, id, requestsPerMinute, tokensPerDay }) =>
      queue.write(async (transaction) => {
        const set = {
          requests_per_minute: toNumber(requestsPerMinute),
          tokens_per_day: toNumber(tokensPerDay),
        };
        await transaction
          .insertInto('limits')
          .values({ kind, platform, subject: id, ...set })
          .onConflict((conflict) => conflict.columns(['kind', 'platform', 'subject']).doUpdateSet(set))
          .execute();
      }),
    removeLimit: ({ kind, platform, id }) =>
      queue.write(async (transaction) => {
        await transaction
          .deleteFrom('limits')
          .where('kind', '=', kind)
          .where('platform', '=', platform)
          .where('subject', '=', id)
          .execute();
      }),
    setVip: ({ platform, id }, vip) =>
      queue.write(async (transaction) => {
        const set = { vip: vip ? 1 : 0 };
        await transaction
          .insertInto('people')
          .values({ platform, person: id, ...set })
          .onConflict((conflict) => conflict.columns(['platform', 'person']).doUpdateSet(set))
          .execute();
      }),
    setChat: ({ adapter, tenant, chat }, set) =>
      queue.write(async (transaction) => {
        const columns = {
          ...('context' in set ? { context: set.context ?? null } : {}),
          ...('assistant' in set ? { assistant: set.assistant ?? null } : {}),
        };
        await transaction
          .insertInto('chats')
          .values({ adapter, tenant, chat, ...columns })
          .onConflict((conflict) => conflict.columns(['adapter', 'tenant', 'chat']).doUpdateSet(columns))
          .execute();
      }),
    setSetting: (name, value) =>
      queue.write(async (transaction) => {
        await transaction.deleteFrom('settings').where('name', '=', name).execute();
        if (value === undefined) return;
        await transaction
          .insertInto('settings')
          .values({ name, value: JSON.stringify(value) })
          .execute();
      }),
  };
}
