import type { Writable } from 'node:stream';
import { pino } from 'pino';
import type { LogLevel } from './config/types.ts';
import type { Clock, LogFields, Logger } from './contract/runtime.ts';
import { createFieldCleaner } from './log-fields.ts';
import { createLogSink } from './log-sink.ts';
import { createRedactor } from './redact.ts';

export type LogOptions = {
  readonly level: LogLevel;
  readonly secrets: readonly string[];
  /** Where lines go, such as the standard output; a pipe that nobody reads does not hold the service up. */
  readonly destination: Writable;
  readonly clock: Pick<Clock, 'now'>;
};

export type ServiceLog = Logger & {
  /** Lines lost because the reader did not read. */
  dropped(): number;
  /** Waits until everything is handed over, at most `timeoutMs`; before the process ends. */
  flush(timeoutMs: number): Promise<void>;
};

/** One JSON object a line; a line longer than this loses its fields, in UTF-16 units. */
const MAX_LINE_LENGTH = 64 * 1024;

/** The service's log: JSON lines with ISO time. Whatever is logged, a call makes one line and no line holds a secret. */
export function createLogger({ level, secrets, destination, clock }: LogOptions): ServiceLog {
  const redactor = createRedactor(secrets);
  const cleaner = createFieldCleaner((text) => redactor.mask(text));
  const time = (): string => clock.now().toISOString();
  const sink = createLogSink(
    destination,
    (count) =>
      `{"level":"warn","time":"${time()}","dropped":${count},"msg":"log lines dropped: nobody read them"}\n`,
  );
  const lines = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${time()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => sink.write(oneVisibleLine(line)) },
  );

  function write(at: LogLevel, fields: LogFields, message: string): void {
    if (!lines.isLevelEnabled(at)) return;
    const cleaned = cleaner.fields(fields);
    const text = cleaner.text(message);
    const tooLong = JSON.stringify(cleaned).length > MAX_LINE_LENGTH;
    lines[at](tooLong ? { fields: 'too long' } : renamed(cleaned), text);
  }

  return {
    trace: (fields, message) => write('trace', fields, message),
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
    addSecret: (secret) => redactor.add(secret),
    dropped: () => sink.dropped(),
    flush: (timeoutMs) => sink.flush(timeoutMs),
  };
}

// A field must not stand in for what every line says about itself.
const OWN_NAMES = new Set(['level', 'time', 'msg']);

function renamed(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [OWN_NAMES.has(name) ? `${name}_` : name, value]),
  );
}

// JSON escapes line feeds and other control characters below 0x20; some terminals and readers also act on these: C1
// controls, the Unicode line ends, and characters that turn the direction of writing.
function oneVisibleLine(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
