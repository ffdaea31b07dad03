import type { ConfigFault, Env } from '../../src/contract/adapter.ts';

/** What the Feishu adapter is set up with, checked. */
export type FeishuConfig = {
  readonly appId: string;
  readonly appSecret: string;
  readonly mode: 'ws' | 'webhook';
  /** Only webhook mode uses them; the long connection's events come unencrypted and with an empty token. */
  readonly webhook: FeishuWebhookKeys | undefined;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly updateIntervalMs: number;
  readonly monthlyCalls: number | undefined;
  readonly webhookWindowMs: number;
};

export type FeishuWebhookKeys = { readonly encryptKey: string; readonly verificationToken: string };

export type FeishuConfigResult =
  | { readonly state: 'off' }
  | { readonly state: 'faulty'; readonly faults: readonly ConfigFault[] }
  | { readonly state: 'ready'; readonly config: FeishuConfig };

/** Every key this adapter reads. */
export const feishuKeys = [
  'FEISHU_APP_ID',
  'FEISHU_APP_SECRET',
  'FEISHU_MODE',
  'FEISHU_ENCRYPT_KEY',
  'FEISHU_VERIFICATION_TOKEN',
  'FEISHU_BASE_URL',
  'FEISHU_UPDATE_INTERVAL_MS',
  'FEISHU_MONTHLY_CALLS',
  'FEISHU_WEBHOOK_WINDOW_MS',
] as const;

type Key = (typeof feishuKeys)[number];

/** The keys that belong to one app of one company: any of them says that Feishu is meant to be on. */
const CREDENTIALS: readonly Key[] = [
  'FEISHU_APP_ID',
  'FEISHU_APP_SECRET',
  'FEISHU_ENCRYPT_KEY',
  'FEISHU_VERIFICATION_TOKEN',
];

const CREDENTIALS_PAGE = '开发者后台 › 凭证与基础信息 (Developer Console › Credentials & Basic Info)';
const ENCRYPTION_PAGE =
  '开发者后台 › 事件与回调 › 加密策略 (Developer Console › Events & Callbacks › Encryption Strategy)';

/** The long connection of the official SDK silently refuses to start with any other form. */
const CONNECTABLE_APP_ID = /^cli_[0-9a-fA-F]{16}$/;

/**
 * 5 edits a second of one card: half of the 10 operations a second that CardKit allows a card, and within the 5–6 that
 * field reports call safe.
 */
const DEFAULT_UPDATE_INTERVAL_MS = 200;

/** Reads the environment; lists every fault at once. Neither secrets nor other values appear in a fault. */
export function readFeishuConfig(env: Env): FeishuConfigResult {
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

  const mode = given('FEISHU_MODE') ?? 'ws';
  const appId = required('FEISHU_APP_ID', 'the App ID', CREDENTIALS_PAGE);
  if (appId !== '' && mode !== 'webhook' && !CONNECTABLE_APP_ID.test(appId)) {
    faults.push({
      key: 'FEISHU_APP_ID',
      expected: 'cli_ followed by 16 hexadecimal digits',
      where: CREDENTIALS_PAGE,
    });
  }
  const appSecret = required('FEISHU_APP_SECRET', 'the App Secret', CREDENTIALS_PAGE);
  if (mode !== 'ws' && mode !== 'webhook') faults.push({ key: 'FEISHU_MODE', expected: 'ws or webhook' });
  const webhook =
    mode === 'webhook'
      ? {
          encryptKey: required(
            'FEISHU_ENCRYPT_KEY',
            'the Encrypt Key (webhook mode needs it)',
            ENCRYPTION_PAGE,
          ),
          verificationToken: required(
            'FEISHU_VERIFICATION_TOKEN',
            'the Verification Token (webhook mode needs it)',
            ENCRYPTION_PAGE,
          ),
        }
      : undefined;
  const baseUrl = readBaseUrl(given('FEISHU_BASE_URL') ?? 'https://open.feishu.cn');
  if (baseUrl === undefined) {
    faults.push({
      key: 'FEISHU_BASE_URL',
      expected: 'an http(s) URL without query, such as https://open.feishu.cn',
    });
  }
  const config: FeishuConfig = {
    appId,
    appSecret,
    mode: mode === 'webhook' ? 'webhook' : 'ws',
    webhook,
    baseUrl: baseUrl ?? '',
    // CardKit takes 10 operations a second on one card, so 100 ms is the least that can work at all.
    updateIntervalMs: integer('FEISHU_UPDATE_INTERVAL_MS', [100, 60_000], DEFAULT_UPDATE_INTERVAL_MS),
    monthlyCalls: integer('FEISHU_MONTHLY_CALLS', [1, 1_000_000_000], undefined),
    webhookWindowMs: integer('FEISHU_WEBHOOK_WINDOW_MS', [1_000, 3_600_000], 300_000),
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
