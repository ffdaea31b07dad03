import type { Logger } from './contract/runtime.ts';

/** The same log with `fixed` fields in every line, such as the turn's short id. */
export function logWith(log: Logger, fixed: Readonly<Record<string, unknown>>): Logger {
  return {
    trace: (fields, message) => log.trace({ ...fixed, ...fields }, message),
    debug: (fields, message) => log.debug({ ...fixed, ...fields }, message),
    info: (fields, message) => log.info({ ...fixed, ...fields }, message),
    warn: (fields, message) => log.warn({ ...fixed, ...fields }, message),
    error: (fields, message) => log.error({ ...fixed, ...fields }, message),
    addSecret: (secret) => log.addSecret(secret),
  };
}
