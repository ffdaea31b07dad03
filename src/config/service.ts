import { readDatabase } from './database.ts';
import type { Reader } from './reader.ts';
import type { Config, QuietHours } from './types.ts';
import { isHostName, readMediaHosts, readProxy } from './urls.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Decodes everything that belongs neither to the model nor to access. */
export function readServiceConfig(reader: Reader): Omit<Config, 'model' | 'access'> {
  return {
    database: readDatabase(reader),
    conversation: {
      systemPrompt: reader.text('SYSTEM_PROMPT'),
      groupContext: reader.oneOf('GROUP_CONTEXT', ['user', 'group'], 'user'),
      maxMessageAgeMs: reader.integer('MAX_MESSAGE_AGE_MS', {
        min: 1,
        max: 30 * DAY_MS,
        fallback: 8 * HOUR_MS,
      }),
      assistantsFile: reader.text('ASSISTANTS_FILE'),
    },
    locale: reader.oneOf('LOCALE', ['zh', 'en'], 'zh'),
    timeZone: readTimeZone(reader),
    http: {
      host: readHost(reader),
      // 0 lets the system choose a free port.
      port: reader.integer('PORT', { min: 0, max: 65_535, fallback: 3000 }),
      metricsToken: reader.text('METRICS_TOKEN'),
    },
    network: {
      platformProxy: readProxy(reader, 'HTTPS_PROXY'),
      noProxy: (reader.text('NO_PROXY') ?? '')
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((entry) => entry !== ''),
      mediaHosts: readMediaHosts(reader),
    },
    retention: {
      days: reader.integer('RETENTION_DAYS', { min: 1, max: 3650, fallback: 30 }),
      mediaHours: reader.integer('MEDIA_RETENTION_HOURS', { min: 1, max: 87_600, fallback: 24 }),
    },
    health: {
      intervalMs: reader.integer('HEALTH_INTERVAL_MS', { min: 10, max: DAY_MS, fallback: 60_000 }),
      slowMs: reader.integer('HEALTH_SLOW_MS', { min: 1, max: DAY_MS, fallback: 2000 }),
      failures: reader.integer('HEALTH_FAILURES', { min: 1, max: 1000, fallback: 3 }),
      quietHours: readQuietHours(reader),
    },
    logLevel: reader.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error'], 'info'),
    // Below the ten seconds after which `docker stop` kills.
    shutdownGraceMs: reader.integer('SHUTDOWN_GRACE_MS', { min: 0, max: HOUR_MS, fallback: 8000 }),
  };
}

function readTimeZone(reader: Reader): string {
  const system = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const written = reader.text('TIME_ZONE');
  if (written === undefined) return system;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: written }).resolvedOptions().timeZone;
  } catch {
    reader.fault('TIME_ZONE', 'an IANA time zone, such as Asia/Shanghai');
    return system;
  }
}

function readHost(reader: Reader): string {
  const host = reader.text('HOST') ?? '127.0.0.1';
  if (!isHostName(host)) reader.fault('HOST', 'a host name or IP address to listen on, without port');
  return host;
}

function readQuietHours(reader: Reader): QuietHours | undefined {
  const written = reader.text('QUIET_HOURS');
  if (written === undefined) return undefined;
  const [from, to] = written.split('-').map(minuteOfDay);
  if (from !== undefined && to !== undefined && from !== to && written.split('-').length === 2) {
    return { fromMinute: from, toMinute: to };
  }
  reader.fault('QUIET_HOURS', 'two different times of day, such as 22:00-07:30');
  return undefined;
}

function minuteOfDay(time: string): number | undefined {
  const [, hours, minutes] = /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(time) ?? [];
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}
