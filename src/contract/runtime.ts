/** Time as an argument. `sleep` ends early when the signal aborts (at once, if it already has) and never rejects. */
export type Clock = {
  now(): Date;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
};

/** Fields of one log line: ids, codes, counts, milliseconds. Never message text, tokens or image bytes. */
export type LogFields = { readonly [name: string]: unknown };

/** Structured log; values of configured secrets are masked whatever the field. */
export type Logger = {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** Masks `secret` in every later line: for tokens a platform hands out at run time. */
  addSecret(secret: string): void;
};
