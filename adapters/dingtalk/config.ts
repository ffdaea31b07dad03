import type { ConfigFault, Env } from '../../src/contract/adapter.ts';

/** What the DingTalk adapter is set up with, checked. */
export type DingTalkConfig = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly mode: 'stream' | 'webhook';
  /** Without one there is no live text: the answer comes once, as Markdown. */
  readonly cardTemplateId: string | undefined;
  /** Without a slash at the end, both. */
  readonly baseUrl: string;
  readonly oapiBaseUrl: string;
  readonly updateIntervalMs: number;
  readonly monthlyCalls: number | undefined;
};

export type DingTalkConfigResult =
  | { readonly state: 'off' }
  | { readonly state: 'faulty'; readonly faults: readonly ConfigFault[] }
  | { readonly state: 'ready'; readonly config: DingTalkConfig };

/** Every key this adapter reads. */
export const dingtalkKeys = [
  'DINGTALK_CLIENT_ID',
  'DINGTALK_CLIENT_SECRET',
  'DINGTALK_MODE',
  'DINGTALK_CARD_TEMPLATE_ID',
  'DINGTALK_BASE_URL',
  'DINGTALK_OAPI_BASE_URL',
  'DINGTALK_UPDATE_INTERVAL_MS',
  'DINGTALK_MONTHLY_CALLS',
] as const;

type Key = (typeof dingtalkKeys)[number];

/** The keys that belong to one app of one company: any of them says that DingTalk is meant to be on. */
const CREDENTIALS: readonly Key[] = [
  'DINGTALK_CLIENT_ID',
  'DINGTALK_CLIENT_SECRET',
  'DINGTALK_CARD_TEMPLATE_ID',
];

const CREDENTIALS_PAGE = '开发者后台 › 凭证与基础信息 (Developer Console › Credentials & Basic Info)';
const CARDS_PAGE = '卡片平台 › 卡片模板 (https://open-dev.dingtalk.com/fe/card)';

/** As the card platform shows it, with its ending. */
const TEMPLATE_ID = /^[\w-]{1,100}\.schema$/;

/**
 * Between early updates; later ones are further apart (`spacing.ts`). Bots without a common budget ran into the limit of
 * 20 calls a second at 800 ms a card; here the call budget keeps it, so half a second is for the eye.
 */
const DEFAULT_UPDATE_INTERVAL_MS = 500;

/** Reads the environment; lists every fault at once. Neither secrets nor other values appear in a fault. */
export function readDingTalkConfig(env: Env): DingTalkConfigResult {
  const faults: ConfigFault[] = [];
  const given = (key: Key): string | undefined => env[key]?.trim() || undefined;
  const on = CREDENTIALS.some((key) => given(key) !== undefined);

  function required(key: Key, expected: string, where: string): string {
    const value = given(key);
    if (value === undefined && on) faults.push({ key, expected, where });
    return value ?? '';
  }

  function integer<Default extends number | undefined>(
    key: Key,
    [least, most]: readonly [number, number],
    fallback: Default,
  ): number | Default {
    const value = given(key);
    if (value === undefined) return fallback;
    const number = /^\d{1,12}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    faults.push({ key, expected: `a whole number from ${least} to ${most}` });
    return fallback;
  }

  function baseUrl(key: Key, standard: string): string {
    const url = readBaseUrl(given(key) ?? standard);
    if (url === undefined)
      faults.push({ key, expected: `an http(s) URL without query, such as ${standard}` });
    return url ?? '';
  }

  const mode = given('DINGTALK_MODE') ?? 'stream';
  if (mode !== 'stream' && mode !== 'webhook') {
    faults.push({ key: 'DINGTALK_MODE', expected: 'stream or webhook' });
  }
  const cardTemplateId = given('DINGTALK_CARD_TEMPLATE_ID');
  if (cardTemplateId !== undefined && !TEMPLATE_ID.test(cardTemplateId)) {
    faults.push({
      key: 'DINGTALK_CARD_TEMPLATE_ID',
      expected: 'the id of a card template, ending in .schema',
      where: CARDS_PAGE,
    });
  }
  const config: DingTalkConfig = {
    clientId: required('DINGTALK_CLIENT_ID', 'the Client ID (AppKey)', CREDENTIALS_PAGE),
    clientSecret: required('DINGTALK_CLIENT_SECRET', 'the Client Secret (AppSecret)', CREDENTIALS_PAGE),
    mode: mode === 'webhook' ? 'webhook' : 'stream',
    cardTemplateId,
    baseUrl: baseUrl('DINGTALK_BASE_URL', 'https://api.dingtalk.com'),
    oapiBaseUrl: baseUrl('DINGTALK_OAPI_BASE_URL', 'https://oapi.dingtalk.com'),
    // One card alone could use 20 calls a second; 100 ms is already more than anyone can read.
    updateIntervalMs: integer('DINGTALK_UPDATE_INTERVAL_MS', [100, 60_000], DEFAULT_UPDATE_INTERVAL_MS),
    monthlyCalls: integer('DINGTALK_MONTHLY_CALLS', [1, 1_000_000_000], undefined),
  };
  if (faults.length > 0) return { state: 'faulty', faults };
  return on ? { state: 'ready', config } : { state: 'off' };
}

function readBaseUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  return url.href.replace(/\/+$/, '');
}
