import type { LogFields, Logger } from '../../../src/contract/runtime.ts';

export type RecordedLog = Logger & { readonly lines: string[]; readonly secrets: string[] };

/** Keeps every line with its fields, of errors their messages. */
export function createRecordedLog(): RecordedLog {
  const lines: string[] = [];
  const secrets: string[] = [];
  const write = (fields: LogFields, message: string): void => {
    lines.push(`${message} ${JSON.stringify(fields, withErrors)}`);
  };
  return {
    lines,
    secrets,
    trace: write,
    debug: write,
    info: write,
    warn: write,
    error: write,
    addSecret: (secret) => secrets.push(secret),
  };
}

const withErrors = (_name: string, value: unknown): unknown =>
  value instanceof Error ? value.message : value;
