import type { AdapterPlan } from '../contract/adapter.ts';
import type { Json, PlatformId } from '../contract/ids.ts';
import type { DatabaseConfig } from './database.ts';

/** One OpenAI-compatible server. `baseUrl` is as the operator wrote it, without a trailing slash; `/v1` may be missing. */
export type ModelServer = {
  readonly baseUrl: string;
  /** Sent to this server only. */
  readonly apiKey?: string;
  /** A model id, or `auto`: the first chat-capable id the server lists. */
  readonly model: string;
  /** How many requests may run there at once; unset: as for all servers. */
  readonly maxConcurrency?: number;
};

export type ModelConfig = {
  /** In the order of preference, at least one. */
  readonly servers: readonly [ModelServer, ...ModelServer[]];
  /** Where messages with pictures go; undefined means the same servers. */
  readonly vision: ModelServer | undefined;
  readonly extraHeaders: Readonly<Record<string, string>>;
  readonly extraBody: Readonly<Record<string, Json>>;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Requests at once on each server without a number of its own; undefined: measured for each. */
  readonly maxConcurrency: number | undefined;
  /** Proxy for the model servers; none by default, whatever `HTTPS_PROXY` says. */
  readonly proxy: string | undefined;
};

export type PersonEntry = { readonly platform: PlatformId; readonly id: string };

/** One entry of `ALLOW`: a person anywhere on the platform, everyone in one chat, or the whole platform (`id` empty). */
export type AllowEntry = PersonEntry & { readonly kind: 'person' | 'chat' | 'platform' };

/** Minutes after midnight in `timeZone`; `from` may be later than `to` and then spans midnight. */
export type QuietHours = { readonly fromMinute: number; readonly toMinute: number };

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Everything an operator can set, decoded. What belongs to one platform is in its plan instead. */
export type Config = {
  /** Undefined: the embedded database in the data folder. */
  readonly database: DatabaseConfig | undefined;
  readonly model: ModelConfig;
  readonly access: {
    readonly admins: readonly PersonEntry[];
    /** Undefined: everyone whom the platform lets reach the bot. Empty: nobody. */
    readonly allow: readonly AllowEntry[] | undefined;
  };
  readonly conversation: {
    /** Undefined: the built-in one. */
    readonly systemPrompt: string | undefined;
    readonly groupContext: 'user' | 'group';
    readonly maxMessageAgeMs: number;
    readonly assistantsFile: string | undefined;
  };
  readonly locale: 'zh' | 'en';
  /** IANA name. */
  readonly timeZone: string;
  readonly http: { readonly host: string; readonly port: number; readonly metricsToken: string | undefined };
  readonly network: {
    /** Proxy for the platforms' hosts. */
    readonly platformProxy: string | undefined;
    readonly noProxy: readonly string[];
    /** Lower case, `host` or `host:port`. */
    readonly mediaHosts: readonly string[];
  };
  readonly retention: { readonly days: number; readonly mediaHours: number };
  readonly health: {
    readonly intervalMs: number;
    readonly slowMs: number;
    readonly failures: number;
    readonly quietHours: QuietHours | undefined;
  };
  readonly logLevel: LogLevel;
  readonly shutdownGraceMs: number;
};

/** A configured platform, ready to be created. */
export type ReadyPlan = Extract<AdapterPlan, { readonly state: 'ready' }> & { readonly platform: PlatformId };
