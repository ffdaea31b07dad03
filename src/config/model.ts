import type { Reader } from './reader.ts';
import type { ModelConfig, ModelServer } from './types.ts';
import { readBaseUrl, readProxy } from './urls.ts';

const DEFAULT_BASE_URL = 'http://127.0.0.1:8000/v1';
const MAX_TIMEOUT_MS = 3_600_000;
const MAX_CONCURRENCY = 10_000;

/** Decodes every `QWEN_…` key. */
export function readModelConfig(reader: Reader): ModelConfig {
  const limits = readConcurrency(reader);
  const servers = readServers(reader, limits.length === 1 ? [] : limits);
  return {
    servers,
    vision: readVisionServer(reader, servers[0]),
    extraHeaders: readExtraHeaders(reader),
    extraBody: reader.jsonObject('QWEN_EXTRA_BODY'),
    firstTokenTimeoutMs: reader.integer('QWEN_FIRST_TOKEN_TIMEOUT_MS', timeout(60_000)),
    idleTimeoutMs: reader.integer('QWEN_IDLE_TIMEOUT_MS', timeout(30_000)),
    maxConcurrency: limits.length === 1 ? limits[0] : undefined,
    proxy: readProxy(reader, 'QWEN_PROXY'),
  };
}

function timeout(fallback: number): { min: number; max: number; fallback: number } {
  return { min: 1, max: MAX_TIMEOUT_MS, fallback };
}

function readServers(
  reader: Reader,
  limits: readonly (number | undefined)[],
): readonly [ModelServer, ...ModelServer[]] {
  const written = reader.list('QWEN_BASE_URL') ?? [DEFAULT_BASE_URL];
  if (written.length === 0) reader.fault('QWEN_BASE_URL', 'at least one URL');
  const urls = written.flatMap((url) => readBaseUrl(reader, 'QWEN_BASE_URL', url) ?? []);
  const keys = readApiKeys(reader, written.length);
  const model = reader.text('QWEN_MODEL') ?? 'auto';
  if (limits.length > 0 && limits.length !== written.length) {
    reader.fault(
      'QWEN_MAX_CONCURRENCY',
      `one number, or one for each of the ${written.length} URLs of QWEN_BASE_URL, comma-separated`,
    );
  }
  const [first, ...others] = urls.map((baseUrl, index) =>
    withLimit(server(baseUrl, keys[index], model), limits[index]),
  );
  return [first ?? server(DEFAULT_BASE_URL, undefined, model), ...others];
}

/** One limit for all servers, or one for each URL; a blank part is measured. Empty when the key is missing. */
function readConcurrency(reader: Reader): readonly (number | undefined)[] {
  const parts = reader.text('QWEN_MAX_CONCURRENCY')?.split(',') ?? [];
  const limits = parts.map((part) => (part.trim() === '' ? undefined : Number(part)));
  const usable = parts.every((part, index) => {
    const limit = limits[index] ?? 1;
    return /^\s*\d*\s*$/.test(part) && limit >= 1 && limit <= MAX_CONCURRENCY;
  });
  if (usable) return limits;
  reader.fault('QWEN_MAX_CONCURRENCY', `whole numbers from 1 to ${MAX_CONCURRENCY}, digits only`);
  return [];
}

// Positions matter here, so blank parts are not skipped: `key1,,key3` leaves the second server without a key.
function readApiKeys(reader: Reader, serverCount: number): readonly (string | undefined)[] {
  const value = reader.text('QWEN_API_KEY');
  if (value === undefined) return [];
  const keys = serverCount === 1 ? [value] : value.split(',').map((key) => key.trim() || undefined);
  if (keys.length !== serverCount) {
    reader.fault(
      'QWEN_API_KEY',
      `one key for each of the ${serverCount} URLs of QWEN_BASE_URL, comma-separated`,
    );
  }
  if (!keys.every((key) => key === undefined || isHeaderValue(key))) {
    reader.fault('QWEN_API_KEY', 'printable ASCII characters without blanks');
  }
  return keys;
}

function readVisionServer(reader: Reader, textServer: ModelServer): ModelServer | undefined {
  const written = reader.text('QWEN_VISION_BASE_URL');
  const apiKey = reader.text('QWEN_VISION_API_KEY');
  const model = reader.text('QWEN_VISION_MODEL');
  if (apiKey !== undefined && !isHeaderValue(apiKey)) {
    reader.fault('QWEN_VISION_API_KEY', 'printable ASCII characters without blanks');
  }
  if (written === undefined) {
    if (apiKey !== undefined) {
      reader.fault(
        'QWEN_VISION_BASE_URL',
        'the URL that QWEN_VISION_API_KEY belongs to: a key is sent nowhere else',
      );
    }
    return model === undefined ? undefined : { ...textServer, model };
  }
  const baseUrl = readBaseUrl(reader, 'QWEN_VISION_BASE_URL', written);
  return baseUrl === undefined ? undefined : server(baseUrl, apiKey, model ?? 'auto');
}

function withLimit(server: ModelServer, maxConcurrency: number | undefined): ModelServer {
  return maxConcurrency === undefined ? server : { ...server, maxConcurrency };
}

function server(baseUrl: string, apiKey: string | undefined, model: string): ModelServer {
  return apiKey === undefined ? { baseUrl, model } : { baseUrl, apiKey, model };
}

// These are the client's own: a second value would break the framing of the request.
const FRAMING_HEADERS = new Set(['connection', 'content-length', 'host', 'transfer-encoding']);

function readExtraHeaders(reader: Reader): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(reader.jsonObject('QWEN_EXTRA_HEADERS'))) {
    const usable = /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !FRAMING_HEADERS.has(name.toLowerCase());
    if (usable && typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value)) headers[name] = value;
    else {
      reader.fault(
        'QWEN_EXTRA_HEADERS',
        'a JSON object of header names and strings, without Host and Content-Length',
      );
      break;
    }
  }
  return headers;
}

function isHeaderValue(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}
