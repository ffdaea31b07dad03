/**
 * What WeCom's documents leave open or contradict, and every number that is a limit. Defaults follow the documents;
 * where two sources differ the stricter one is the default.
 */
export type WeComRules = {
  /** What ends the life of a stream on the long connection: time since its first frame, or since its last. */
  readonly streamLifetime: 'since-first-frame' | 'since-last-frame';
  /** A frame for a stream past its life: refused with 846608, or acknowledged and dropped; both were seen. */
  readonly expiredStream: 'refuse' | 'accept-without-effect';
  /** Whether each frame of a stream counts towards the quota of its chat, or only the first. Undocumented. */
  readonly framesCount: 'every' | 'first';
  readonly throttledCode: 45009 | 45033;
  /** What content beyond its limit gets; the real code is unknown. */
  readonly oversizedCode: number;
  /** What a push gets into a chat that never wrote to the bot; the real code is unknown. */
  readonly strangerCode: number;
  /** Whether a callback's req_id still takes replies on a later connection; its 24 hours suggest it. */
  readonly requestsSurviveReconnect: boolean;
  /** `msg_item` on the long connection: "not supported for now", yet the official SDK offers it. */
  readonly msgItemOnConnection: 'refuse' | 'ignore' | 'show';
  /** `stream_with_template_card` on the long connection: the documents say both. */
  readonly cardWithStreamOnConnection: 'refuse' | 'show';
  /** Whether callbacks of the long connection carry a `response_url`; the documents show none, the SDK's types do. */
  readonly responseUrlOnConnection: boolean;
  /** Number of a first upload chunk: 1 in the documents' example, 0 in every client. */
  readonly chunkIndexBase: 0 | 1;
  /** What becomes of a person's message while three others are unanswered. Undocumented. */
  readonly fourthInteraction: 'deliver' | 'drop';
  /** Members of a card event: `card_type`, `cardtype`, or flat in `event` as the SDK's types have it. */
  readonly cardEventSpelling: 'snake' | 'joined' | 'flat';
  /** A second use of a response_url: accepted but not shown (seen live), or refused. */
  readonly secondResponse: 'accept-without-effect' | 'refuse';
  /** What an expired access token gets; both are reported. */
  readonly expiredTokenCode: 42001 | 40014;
  readonly limits: WeComLimits;
};

/** Numbers of the documents, unless said otherwise. `Infinity` switches a limit off. */
export type WeComLimits = {
  /** Replies and pushes of the long connection into one chat. */
  readonly perChatPerMinute: number;
  readonly perChatPerHour: number;
  /** Life of a stream on the long connection: 6 minutes documented, 10 measured. */
  readonly streamMs: number;
  /** How long a message callback takes replies on the long connection. */
  readonly replyMs: number;
  /** Welcome and card update after their event. */
  readonly eventReplyMs: number;
  /** UTF-8 bytes of a stream or a Markdown message of the bot. */
  readonly contentBytes: number;
  /** How long a long connection may say nothing. It is closed after an undocumented time; default never. */
  readonly silenceMs: number;
  /** How long the platform takes for a frame; default 0, one turn of the event loop. */
  readonly ackMs: number;
  readonly uploadsPerMinute: number;
  readonly uploadsPerHour: number;
  readonly uploadSessionMs: number;
  /** Life of the address of an encrypted picture or file. */
  readonly mediaUrlMs: number;
  /** Life of a media id. */
  readonly mediaMs: number;
  /** Answer to the check of a webhook address. */
  readonly urlCheckMs: number;
  /** Answer to a callback: documented for the app, assumed for the bot. */
  readonly callbackMs: number;
  /** Repetitions of an unanswered callback: documented for the app, assumed for the bot. */
  readonly callbackRetries: number;
  /** Wait before a repetition; undocumented, default 0. */
  readonly retryDelayMs: number;
  /** Wait between an answer and the next refresh; undocumented, default 1 s. */
  readonly pollMs: number;
  /** Refreshes end this long after the person's message. */
  readonly pollWindowMs: number;
  readonly responseUrlMs: number;
  /** Unanswered messages of one person. */
  readonly interactionsPerUser: number;
  /** Files above this are not called back. */
  readonly fileBytes: number;
  /** UTF-8 bytes of the app's text and Markdown messages; what is above is cut silently. */
  readonly appTextBytes: number;
  /** The app's messages to one member; what is above is dropped silently. */
  readonly perMemberPerMinute: number;
  readonly perMemberPerHour: number;
  /** 200 for each account of the corporation; default for 1,000 accounts. */
  readonly personSendsPerDay: number;
  readonly apiPerMinute: number;
  readonly apiPerHour: number;
  /** Token requests; the real number is unknown. */
  readonly tokensPerMinute: number;
  readonly tokenSeconds: number;
};

const minuteMs = 60_000;
const hourMs = 3_600_000;

export const documentedLimits: WeComLimits = {
  perChatPerMinute: 30,
  perChatPerHour: 1000,
  streamMs: 6 * minuteMs,
  replyMs: 24 * hourMs,
  eventReplyMs: 5000,
  contentBytes: 20_480,
  silenceMs: Infinity,
  ackMs: 0,
  uploadsPerMinute: 30,
  uploadsPerHour: 1000,
  uploadSessionMs: 30 * minuteMs,
  mediaUrlMs: 5 * minuteMs,
  mediaMs: 72 * hourMs,
  urlCheckMs: 1000,
  callbackMs: 5000,
  callbackRetries: 3,
  retryDelayMs: 0,
  pollMs: 1000,
  pollWindowMs: 6 * minuteMs,
  responseUrlMs: hourMs,
  interactionsPerUser: 3,
  fileBytes: 100 * 1024 * 1024,
  appTextBytes: 2048,
  perMemberPerMinute: 30,
  perMemberPerHour: 1000,
  personSendsPerDay: 200_000,
  apiPerMinute: 10_000,
  apiPerHour: 150_000,
  tokensPerMinute: 60,
  tokenSeconds: 7200,
};

export const documentedRules: WeComRules = {
  streamLifetime: 'since-first-frame',
  expiredStream: 'refuse',
  framesCount: 'every',
  throttledCode: 45009,
  oversizedCode: 40058,
  strangerCode: 93006,
  requestsSurviveReconnect: true,
  msgItemOnConnection: 'refuse',
  cardWithStreamOnConnection: 'refuse',
  responseUrlOnConnection: false,
  chunkIndexBase: 0,
  fourthInteraction: 'deliver',
  cardEventSpelling: 'snake',
  secondResponse: 'accept-without-effect',
  expiredTokenCode: 42001,
  limits: documentedLimits,
};
