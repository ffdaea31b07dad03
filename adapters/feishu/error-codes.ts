import type { AdapterErrorCode } from '../../src/contract/errors.ts';
import { isFields, readList, readNumber, readText } from '../shared/json.ts';

/** Every documented code we can meet, by what it means for us. Source: the error tables of each API's page. */
const codesByMeaning: readonly (readonly [AdapterErrorCode, readonly number[]])[] = [
  // No token, token invalid or expired, not a tenant token; 234002 the same for downloads.
  ['unauthorized', [99991661, 99991663, 99991664, 99991665, 99991668, 99991671, 234002]],
  // Scope missing, app not authorised, address not on the list · bot off, group settings, permission, muted · external
  // chat, scope, restricted mode, invisible · card permission.
  [
    'forbidden',
    [
      99991672, 99991673, 99991401, 230006, 230017, 230018, 230027, 230035, 234007, 234009, 234019, 234038,
      234040, 300311,
    ],
  ],
  ['rate-limited', [99991400, 230020]],
  ['quota-exhausted', [99991403]],
  // Bot not in the group, recalled, person gone or out of reach, topic gone, stopped by the person, deleted,
  // self-destructed, dissolved, tenant gone, recalled as card callbacks say it.
  [
    'target-gone',
    [230002, 230011, 230013, 230019, 230053, 230110, 230111, 231003, 232009, 234004, 234041, 200000],
  ],
  // Streaming over or off, entity expired or gone, older than 14 days.
  ['reply-closed', [200850, 300309, 200740, 200750, 230031]],
  ['too-large', [230025, 200860, 300305, 234006, 234037]],
  // Sensitive words, data-loss prevention.
  ['content-rejected', [230022, 230028]],
  // Still being sent, in an interaction, internal error, storage, busy.
  ['unavailable', [230049, 200810, 300120, 234042, 1, 1000040343]],
  ['unsupported', [230054, 230071, 230072, 234043]],
];

const meanings: ReadonlyMap<number, AdapterErrorCode> = new Map(
  codesByMeaning.flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)),
);

/** Codes that say the token, not the app, is at fault: a fresh one may be tried once. */
const TOKEN_CODES: ReadonlySet<number> = new Set([99991663, 99991664, 99991665, 99991671]);

export const SCOPE_MISSING = 99991672;
const CARD_FAILED = 230099;

/** What an answer that says no comes down to. Made of codes and ids only: Feishu's words may echo what we sent. */
export type Refusal = {
  readonly code: AdapterErrorCode;
  /** The platform's own code; of 230099 with its sub-code, as in `230099/11310-tables`. */
  readonly platformCode: string;
  readonly tokenRefused: boolean;
  readonly logId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Console names of the permissions of which one is needed. */
  readonly missingScopes: readonly string[];
};

type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded JSON; undefined when the body was none. */
  readonly body: unknown;
};

/** Undefined when the answer says yes: HTTP 2xx and `code` 0. */
export function readRefusal({ status, headers, body }: Answer): Refusal | undefined {
  const number = readNumber(body, 'code');
  const good = status >= 200 && status < 300;
  if (good && number === 0) return undefined;
  const sub = number === CARD_FAILED ? subCode(readText(body, 'msg') ?? '') : undefined;
  return {
    code: meaningOf(status, number, sub),
    platformCode: number === undefined ? `http ${status}` : `${number}${sub === undefined ? '' : `/${sub}`}`,
    tokenRefused: (number !== undefined && TOKEN_CODES.has(number)) || (status === 401 && number !== 234002),
    logId: readLogId(headers, body),
    retryAfterMs: readRetryAfter(headers),
    missingScopes: number === SCOPE_MISSING ? readMissingScopes(body) : [],
  };
}

function meaningOf(status: number, number: number | undefined, sub: string | undefined): AdapterErrorCode {
  if (status === 429) return number === 99991403 ? 'quota-exhausted' : 'rate-limited';
  if (sub === '11310-lock') return 'unavailable';
  if (sub === '11310-tables' || sub === '11310-elements') return 'too-large';
  const known = number === undefined ? undefined : meanings.get(number);
  if (known !== undefined) return known;
  if (status >= 500) return 'unavailable';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  // HTTP 200 with a body that is not the protocol's: something else answers in the platform's place.
  return number === undefined && status < 400 ? 'unavailable' : 'invalid';
}

/**
 * The number after `ErrCode:` in the words of 230099. 11310 alone stands for several things, which only its words tell
 * apart: `card action is lock`, `card table number over limit`, `element exceeds the limit`.
 */
function subCode(words: string): string | undefined {
  const number = /ErrCode:\s*(\d{1,12})/i.exec(words)?.[1] ?? (/\b11310\b/.test(words) ? '11310' : undefined);
  if (number !== '11310') return number;
  if (/lock/i.test(words)) return '11310-lock';
  if (/table/i.test(words)) return '11310-tables';
  return /element/i.test(words) ? '11310-elements' : '11310';
}

function readLogId(headers: Readonly<Record<string, string>>, body: unknown): string | undefined {
  const found = readText(body, 'error', 'log_id') ?? headers['x-tt-logid'];
  return found !== undefined && /^[\w-]{1,80}$/.test(found) ? found : undefined;
}

/** Both headers count in seconds. */
function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const seconds = headers['x-ogw-ratelimit-reset'] ?? headers['retry-after'];
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

/** From `error.permission_violations` where given, else from the first brackets in the words. */
function readMissingScopes(body: unknown): readonly string[] {
  const listed = readList(body, 'error', 'permission_violations').flatMap((entry) =>
    isFields(entry) ? (readText(entry, 'subject') ?? []) : [],
  );
  const inWords = /\[([^\]]{1,500})\]/.exec(readText(body, 'msg') ?? '')?.[1]?.split(',') ?? [];
  return (listed.length > 0 ? listed : inWords)
    .map((scope) => scope.trim())
    .filter((scope) => /^[\w:.-]{1,80}$/.test(scope));
}
