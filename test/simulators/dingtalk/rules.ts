/**
 * What DingTalk's documents leave open or contradict, and every number that is a limit. Defaults follow the documents
 * and live reports; where two sources differ the one that is harder on a client is the default.
 */
export type DingTalkRules = {
  /** Whether a push that was not acknowledged comes a second time; the FAQ denies it, everybody sees it. */
  readonly redelivery: 'once' | 'never';
  /** Whether an acknowledgement with a code other than 200 counts as none. */
  readonly refusedAcknowledgement: 'redelivered' | 'accepted';
  /** Whether the random choice may still hit a connection in its last 10 s (the message is then lost). */
  readonly choosesLeaving: boolean;
  /** What an answer to a `disconnect` frame does; none is required. */
  readonly disconnectAcknowledgement: 'ignored' | 'closes';
  /** Whether `disconnect` frames carry a message id; the documented example has none. */
  readonly disconnectHasMessageId: boolean;
  /** Whether SYSTEM frames carry `specVersion`; the documented examples do not. */
  readonly specVersionInSystemFrames: boolean;
  /** SYSTEM frames that only the Node SDK knows; `REGISTERED` is reported as not always sent. */
  readonly connectedFrame: boolean;
  readonly registeredFrame: 'always' | 'sometimes' | 'never';
  /** Milliseconds between `KEEPALIVE` frames; `Infinity` (default) sends none. 20,000–30,000 was reported. */
  readonly keepaliveFrameMs: number;
  /** Milliseconds between SYSTEM pings; the platform's own number is not documented. */
  readonly pingIntervalMs: number;
  /** What two unanswered SYSTEM pings in a row lead to. */
  readonly unansweredPings: 'tolerated' | 'closed';
  /** Body of a refused `connections/open`; undocumented. */
  readonly gatewayErrorBody: 'json' | 'text' | 'empty';
  /** HTTP status of `connections/open` for wrong credentials; both are reported. */
  readonly gatewayCredentialStatus: 400 | 401;
  /** HTTP status of an unknown or expired access token. */
  readonly invalidTokenStatus: 401 | 400;
  /** Members of an OpenAPI error: `code, message, requestid` or `Code, Message, RequestId`. */
  readonly errorMembers: 'lower-case' | 'capitalised';
  /** Whether tokens of the new and the old endpoint work on both hosts. */
  readonly tokenDomains: 'shared' | 'separate';
  /** What a call without its permission gets: the documented 403, or the 500 `unknownError` seen for streaming. */
  readonly missingPermission: 'forbidden' | 'unknown-error';
  /** What streaming to a card that does not exist gets: 400 as documented, or 500 `unknownError` as seen live. */
  readonly streamToUnknownCard: 'documented' | 'unknown-error';
  /** Streaming after `isFinalize`. */
  readonly streamAfterFinalise: 'refused' | 'accepted';
  /** Text above `limits.cardCharacters`: shown as an empty card without any error, refused (200092), or fine. */
  readonly longContent: 'blank' | 'refused' | 'fine';
  /** `content: ""`: official examples send it although `contentEmpty` is listed. A missing one is always refused. */
  readonly emptyContent: 'accepted' | 'refused';
  /** Streaming a variable the template does not have. */
  readonly unknownStreamKey: 'refused' | 'ignored';
  /** Values above 1 KB in `cardParamMap`: documented limit, not enforced in practice. */
  readonly longParameter: 'accepted' | 'refused';
  /** Whether the variable `flowStatus` moves a card between its states. */
  readonly flowStatus: 'when-in-template' | 'always' | 'never';
  /**
   * Whether two HTTP callbacks may be signed in the same millisecond. They then share one signature, and a receiver that
   * takes each signature once refuses the second.
   */
  readonly callbackTimes: 'free' | 'distinct';
  /** Where a card callback carries the parameters of the button. */
  readonly callbackShape:
    'private-data' | 'content-params' | 'user-private-data' | 'action-data' | 'action-id-only';
  /** Whether the limit of custom robots (20 a minute, then 10 minutes of nothing) holds for session webhooks. */
  readonly sessionWebhookLimited: boolean;
  /** Whether a session webhook call counts toward the month's API calls. */
  readonly sessionWebhookCounts: boolean;
  /** Names of the members of a push above the month's quota; two pages differ. */
  readonly pushQuotaMembers: 'errorCode' | 'errCode';
  /** Member of `repliedMsg.content` that holds quoted text; both are reported. */
  readonly quotedTextMember: 'text' | 'content';
  /** `createAt` and `sessionWebhookExpiredTime` as numbers (samples) or strings (table). */
  readonly timesAs: 'number' | 'string';
  /** `duration` of audio and video; all three were seen. */
  readonly durationAs: 'milliseconds' | 'seconds-string' | 'milliseconds-string';
  /** Where text stands in HTTP callbacks: `text.content`, or `content` at the top as in one documented sample. */
  readonly httpTextPlace: 'text' | 'top-level';
  /** `content` as an object, or as a JSON string as in some paths. */
  readonly contentAs: 'object' | 'json-string';
  /** Answer to a banned address (10,000 calls in 20 s). */
  readonly banBody: 'json' | 'html';
  readonly limits: DingTalkLimits;
};

/** Documented numbers, and measured ones where nothing is documented. `Infinity` switches a limit off. */
export type DingTalkLimits = {
  /** Calls of one API by one app; standard edition. */
  readonly perApiPerSecond: number;
  readonly perApiPerMinute: number;
  readonly perAddressPer20Seconds: number;
  readonly robotMessagesPerMinute: number;
  readonly sessionMessagesPerMinute: number;
  /** API calls of the organisation; 5,000 on the free edition. */
  readonly callsPerMonth: number;
  /** Pushes over Stream and webhooks; 3,000 on the free edition. */
  readonly pushesPerMonth: number;
  readonly ticketMs: number;
  readonly redeliveryMs: number;
  /** From the `disconnect` frame to the end of the TCP connection. */
  readonly disconnectMs: number;
  readonly cardCallbackMs: number;
  /** Time for an answer to a robot's HTTP callback; undocumented, this is the number for events. */
  readonly httpCallbackMs: number;
  readonly sessionWebhookMs: number;
  readonly tokenSeconds: number;
  /** Life of a download code; "temporary" in the documents. */
  readonly downloadCodeMs: number;
  /** Life of a signed download address. */
  readonly downloadUrlMs: number;
  readonly cardCharacters: number;
  readonly parameterBytes: number;
  readonly groupMessageBytes: number;
  readonly receivers: number;
};

const minuteMs = 60_000;

export const documentedLimits: DingTalkLimits = {
  perApiPerSecond: 20,
  perApiPerMinute: Infinity,
  perAddressPer20Seconds: 10_000,
  robotMessagesPerMinute: 6000,
  sessionMessagesPerMinute: 20,
  callsPerMonth: Infinity,
  pushesPerMonth: Infinity,
  ticketMs: 90_000,
  redeliveryMs: 60_000,
  disconnectMs: 10_000,
  cardCallbackMs: 2000,
  httpCallbackMs: 2500,
  sessionWebhookMs: 90 * minuteMs,
  tokenSeconds: 7200,
  downloadCodeMs: 120 * minuteMs,
  downloadUrlMs: 10 * minuteMs,
  cardCharacters: 3000,
  parameterBytes: 1024,
  groupMessageBytes: 15_000,
  receivers: 20,
};

export const documentedRules: DingTalkRules = {
  redelivery: 'once',
  refusedAcknowledgement: 'redelivered',
  choosesLeaving: false,
  disconnectAcknowledgement: 'ignored',
  disconnectHasMessageId: false,
  specVersionInSystemFrames: false,
  connectedFrame: false,
  registeredFrame: 'never',
  keepaliveFrameMs: Infinity,
  pingIntervalMs: minuteMs,
  unansweredPings: 'tolerated',
  gatewayErrorBody: 'json',
  gatewayCredentialStatus: 401,
  invalidTokenStatus: 401,
  errorMembers: 'lower-case',
  tokenDomains: 'shared',
  missingPermission: 'forbidden',
  streamToUnknownCard: 'documented',
  streamAfterFinalise: 'refused',
  longContent: 'blank',
  emptyContent: 'accepted',
  unknownStreamKey: 'refused',
  longParameter: 'accepted',
  flowStatus: 'when-in-template',
  callbackTimes: 'free',
  callbackShape: 'private-data',
  sessionWebhookLimited: true,
  sessionWebhookCounts: false,
  pushQuotaMembers: 'errorCode',
  quotedTextMember: 'content',
  timesAs: 'number',
  durationAs: 'milliseconds',
  httpTextPlace: 'text',
  contentAs: 'object',
  banBody: 'json',
  limits: documentedLimits,
};
