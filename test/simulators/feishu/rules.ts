/**
 * What Feishu's documents leave open or contradict, and every number that is a limit. Defaults follow the documents;
 * where two sources differ the stricter one is the default.
 */
export type FeishuRules = {
  /** Frame type of `card.action.trigger` on the long connection; both are reported from real tenants. */
  readonly cardCallbackFrame: 'event' | 'card';
  /** What the cap of operations per card answers: 230020 (HTTP 400) or 99991400 (HTTP 429). Undocumented. */
  readonly cardLimitCode: 230020 | 99991400;
  /** Whether the cap per card also counts while streaming; the guide says both. */
  readonly countWhileStreaming: boolean;
  /** Whether switching streaming on again restarts its ten minutes. */
  readonly reenablingRestarts: boolean;
  /** Whether an answer 204 to a webhook counts as received; the documents say 200. */
  readonly acceptStatus204: boolean;
  /** Properties the 2.0 card schema does not list: refused (documented) or ignored (as schema 1.0 did). */
  readonly unknownProperties: 'reject' | 'ignore';
  /** `config.wide_screen_mode` in a 2.0 card: in no property list, yet in a documented sample. */
  readonly acceptWideScreenMode: boolean;
  /** Tables a whole card may hold, components and Markdown together: 3, 4 and 5 were all reported. */
  readonly tablesPerCard: number;
  readonly tablesPerMarkdown: number;
  /** Whether streamed text counts toward the size of the card. */
  readonly streamedTextCounts: boolean;
  /** Whether an error of the endpoint call carries a `data` object; without one the Node SDK retries for ever. */
  readonly endpointErrorHasData: boolean;
  /** HTTP status of a refused token request. */
  readonly tokenErrorStatus: 200 | 400;
  /** What the client shows when a callback was acknowledged without any body (not even `{}`). */
  readonly emptyCallbackAnswer: 'accepted' | 'refused';
  /** What a message request gets that repeats a uuid within the hour: the message it made, or 230049. */
  readonly repeatedUuid: 'same-message' | 'being-sent';
  /** HTTP status of the gateway's frequency limit: newer APIs 429, some older ones 400. */
  readonly gatewayLimitStatus: 429 | 400;
  /** What `card_msg_content_type=user_card_content` gives: the card, or an object with it as text in `user_dsl`. */
  readonly userCardContent: 'card' | 'user-dsl';
  /** Whether pongs carry the client configuration (they may, and then overwrite it). */
  readonly pongCarriesConfig: boolean;
  /** Which messages of a group are pushed: those that mention the bot or everyone, or all (a sensitive permission). */
  readonly groupMessages: 'mentioned' | 'all';
  /** Whether messages of other bots are pushed. */
  readonly otherBotsMessages: boolean;
  readonly limits: FeishuLimits;
};

/** Documented numbers. `Infinity` switches a limit off. */
export type FeishuLimits = {
  readonly perApiPerSecond: number;
  readonly perApiPerMinute: number;
  readonly perCardPerSecond: number;
  /** Messages sent to one group, or to one person. */
  readonly perChatPerSecond: number;
  /** PATCH of one message. */
  readonly perMessagePerSecond: number;
  readonly callsPerMonth: number;
  readonly cardBytes: number;
  readonly textBytes: number;
  readonly elements: number;
  readonly edits: number;
  readonly connections: number;
  readonly streamingMs: number;
  readonly entityMs: number;
  readonly tokenSeconds: number;
  readonly imageBytes: number;
  readonly resourceBytes: number;
};

const dayMs = 86_400_000;

export const documentedLimits: FeishuLimits = {
  perApiPerSecond: 50,
  perApiPerMinute: 1000,
  perCardPerSecond: 10,
  perChatPerSecond: 5,
  perMessagePerSecond: 5,
  callsPerMonth: Infinity,
  cardBytes: 30 * 1024,
  textBytes: 150 * 1024,
  elements: 200,
  edits: 20,
  connections: 50,
  streamingMs: 600_000,
  entityMs: 14 * dayMs,
  tokenSeconds: 7200,
  imageBytes: 10 * 1024 * 1024,
  resourceBytes: 100 * 1024 * 1024,
};

export const documentedRules: FeishuRules = {
  cardCallbackFrame: 'event',
  cardLimitCode: 230020,
  countWhileStreaming: true,
  reenablingRestarts: true,
  acceptStatus204: false,
  unknownProperties: 'reject',
  acceptWideScreenMode: true,
  tablesPerCard: 5,
  tablesPerMarkdown: 4,
  streamedTextCounts: true,
  endpointErrorHasData: true,
  tokenErrorStatus: 400,
  emptyCallbackAnswer: 'refused',
  repeatedUuid: 'same-message',
  gatewayLimitStatus: 429,
  userCardContent: 'card',
  pongCarriesConfig: true,
  groupMessages: 'mentioned',
  otherBotsMessages: false,
  limits: documentedLimits,
};
