import type { AdapterErrorCode } from '../../src/contract/errors.ts';
import { read, readList, readNumber, readText } from '../shared/json.ts';

/**
 * Documented codes we can meet, in lower case, by what they mean for us: names of the OpenAPI (`code`), numbers of the
 * old host (`errcode`). Source: the error tables of each API's page and the pages on throttling.
 */
const codesByMeaning: readonly (readonly [AdapterErrorCode, readonly string[]])[] = [
  [
    'unauthorized',
    [
      'invalidauthentication',
      'invalidclientidorsecret',
      'invalidparameter.token.invalid',
      '40014',
      '42001',
      '400101',
    ],
  ],
  [
    'forbidden',
    [
      'forbidden.accessdenied.accesstokenpermissiondenied',
      'forbidden.accessdenied.ipnotinwhitelist',
      'chatbotid.notallow.sendoto',
      'robot.oto.notexist',
      'bot.stopped',
      'invalidparameter.robotcode.notexsit', // their spelling
      '43004',
      '310000',
      '400102',
    ],
  ],
  ['rate-limited', ['send.too.fast', 'send.bytoken.toofast', 'toomuch.msg', '90002', '90018', '410100']],
  ['quota-exhausted', ['90020']],
  [
    'target-gone',
    [
      'group.disbanded',
      'miss.openconversationid',
      'invalid.openconversationid',
      'staffid.notexisted',
      'param.useridnotexist',
      '400013',
      '400106',
    ],
  ],
  // The session webhook ran out; the card does not exist (any more).
  ['reply-closed', ['session.expired', '300001', 'param.cardnotexist', 'param.stream.outtrackid']],
  ['too-large', ['param.stream.content', '200092', 'invalidparameter.msgparam.toolong']],
  ['content-rejected', ['param.contentunsafe', '430101', '430102', '430103', '430104']],
  [
    'unsupported',
    ['param.templatenotexist', 'param.templateunpublished', 'param.cardtemplateidempty', 'invalid.content'],
  ],
  ['unavailable', ['system.busy', 'system.error', '-1']],
];

const meanings: ReadonlyMap<string, AdapterErrorCode> = new Map(
  codesByMeaning.flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)),
);

/** Codes that say the token, not the app, is at fault: a fresh one may be tried once. */
const TOKEN_CODES: ReadonlySet<string> = new Set([
  'invalidauthentication',
  'invalidparameter.token.invalid',
  '40014',
  '42001',
]);

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** What an answer that says no comes down to. Made of codes and ids only: DingTalk's words may echo what we sent. */
export type Refusal = {
  readonly code: AdapterErrorCode;
  /** The platform's own code as it came: `param.templateNotExist`, `300001`, `http 502`. */
  readonly platformCode: string;
  readonly tokenRefused: boolean;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Console names of the permissions that are missing. */
  readonly missingScopes: readonly string[];
};

type Answer = {
  readonly status: number;
  /** Decoded JSON; undefined when the body was none. */
  readonly body: unknown;
};

/** Undefined when the answer says yes: HTTP 2xx, and nothing inside that says otherwise. */
export function readRefusal({ status, body }: Answer): Refusal | undefined {
  const named = readCode(body);
  const good = status >= 200 && status < 300;
  // The old host says no with HTTP 200; the card API may, too.
  if (good && read(body, 'success') !== false && (named === undefined || named === '0')) return undefined;
  // The firewall before both hosts, by name x5: HTML or JSON of its own, and a ban of minutes.
  const bannedMinutes = readText(body, 'source') === 'x5' ? (readNumber(body, 'wait') ?? 5) : undefined;
  const code = named?.toLowerCase() ?? '';
  const meaning = bannedMinutes === undefined ? meaningOf(status, code) : 'rate-limited';
  return {
    code: meaning,
    platformCode: bannedMinutes === undefined ? (named ?? `http ${status}`) : 'x5',
    tokenRefused: meaning === 'unauthorized' && (TOKEN_CODES.has(code) || (status === 401 && code === '')),
    requestId: readRequestId(body),
    retryAfterMs: bannedMinutes === undefined ? retryAfterMs(code) : bannedMinutes * MINUTE_MS,
    missingScopes: readScopes(body),
  };
}

/** Both spellings of the OpenAPI, or the old host's number. */
function readCode(body: unknown): string | undefined {
  const number = readNumber(body, 'errcode');
  const name = readText(body, 'code') ?? readText(body, 'Code') ?? (number === undefined ? '' : `${number}`);
  return /^[\w.-]{1,100}$/.test(name) ? name : undefined;
}

function meaningOf(status: number, code: string): AdapterErrorCode {
  if (code.endsWith('.apicountlimitfororg')) return 'quota-exhausted';
  if (/\.qp[sm]limitfor\w+$/.test(code) || status === 429) return 'rate-limited';
  if (code.startsWith('contain.notallowed.')) return 'content-rejected';
  const known = meanings.get(code);
  if (known !== undefined) return known;
  // What the live platform says for a missing card permission, a state the template lacks, and a finished card. None
  // of them passes by waiting.
  if (code === 'unknownerror') return 'unsupported';
  if (status === 504) return 'timeout';
  if (status >= 500) return 'unavailable';
  if (status === 401) return 'unauthorized';
  // A 4xx without the protocol's body: something else answers in the platform's place.
  if (code === '') return 'unavailable';
  return status === 403 ? 'forbidden' : 'invalid';
}

function retryAfterMs(code: string): number | undefined {
  if (code.includes('.qpmlimit')) return MINUTE_MS;
  if (code.includes('.qpslimit') || code === '90018' || code === '90002') return SECOND_MS;
  // "Then blocked for 10 minutes", page on custom robots.
  return code === '410100' ? 10 * MINUTE_MS : undefined;
}

function readRequestId(body: unknown): string | undefined {
  const found =
    readText(body, 'requestid') ??
    readText(body, 'requestId') ??
    readText(body, 'RequestId') ??
    readText(body, 'request_id');
  return found !== undefined && /^[\w-]{1,80}$/.test(found) ? found : undefined;
}

function readScopes(body: unknown): readonly string[] {
  return [
    ...readList(body, 'accessdenieddetail', 'requiredScopes'),
    ...readList(body, 'AccessDeniedDetail', 'requiredScopes'),
  ].filter((scope) => typeof scope === 'string' && /^[\w:.-]{1,80}$/.test(scope)) as string[];
}
