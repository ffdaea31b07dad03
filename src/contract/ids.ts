declare const brand: unique symbol;

/** A string (or JSON value) that only the module that made it may look into; everyone else compares and stores it. */
export type Opaque<Value, Name extends string> = Value & { readonly [brand]: Name };

/** One integration of one platform: `feishu`, `wecom-bot`, `wecom-app`. Stable, for it is stored with every turn. */
export type AdapterId = Opaque<string, 'AdapterId'>;
/** The platform as written in `ADMINS` and `ALLOW`: `feishu`, `dingtalk`, `wecom`. */
export type PlatformId = Opaque<string, 'PlatformId'>;
/** Equal for every redelivery of one event, different for any two events of one adapter. */
export type EventKey = Opaque<string, 'EventKey'>;
/** The company (tenant, corp) an event came from. */
export type TenantKey = Opaque<string, 'TenantKey'>;
/** A chat as the platform names it, immutable: what `platform:chat:<chatId>` in `ALLOW` compares with. */
export type ChatKey = Opaque<string, 'ChatKey'>;
/** A person as the platform names them, immutable: what `platform:<userId>` in `ADMINS` and `ALLOW` compares with. */
export type PersonKey = Opaque<string, 'PersonKey'>;
/** A topic (thread) inside a chat. */
export type TopicKey = Opaque<string, 'TopicKey'>;

/** Anything JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Where the answer to one inbound message goes. Stored with the turn, so plain JSON. */
export type ReplyTarget = Opaque<Json, 'ReplyTarget'>;
/** Finds an open reply again after a restart, or on another replica. Stored with the turn, so plain JSON. */
export type ReplyHandle = Opaque<Json, 'ReplyHandle'>;
/** A chat or a person to whom something can be sent without an inbound message. Plain JSON. */
export type Address = Opaque<Json, 'Address'>;
/** What `fetchMedia` needs to find one picture. Stored with the turn, so plain JSON. */
export type MediaRef = Opaque<Json, 'MediaRef'>;
/** What `fetchQuote` needs to find the quoted message. Stored with the turn, so plain JSON. */
export type QuoteRef = Opaque<Json, 'QuoteRef'>;
