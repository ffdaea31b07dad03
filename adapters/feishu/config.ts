import type { Env } from '../../src/contract/adapter.ts';
import { createConfigReader, HTTP_URL, type ConfigResult } from '../shared/config-reader.ts';

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
 * 10 edits a second of one card: what CardKit documents for a card, and what Feishu's own plugin uses. Field reports call
 * 5–6 safe; should a tenant refuse more, the call budget goes slower by itself.
 */
const DEFAULT_UPDATE_INTERVAL_MS = 100;

/** Reads the environment; lists every fault at once. Neither secrets nor other values appear in a fault. */
export function readFeishuConfig(env: Env): ConfigResult<FeishuConfig> {
  const reader = createConfigReader({ env, credentials: CREDENTIALS });
  const appId = reader.required('FEISHU_APP_ID', 'the App ID', CREDENTIALS_PAGE);
  if (appId !== '' && reader.given('FEISHU_MODE') !== 'webhook' && !CONNECTABLE_APP_ID.test(appId)) {
    reader.fault({
      key: 'FEISHU_APP_ID',
      expected: 'cli_ followed by 16 hexadecimal digits',
      where: CREDENTIALS_PAGE,
    });
  }
  const appSecret = reader.required('FEISHU_APP_SECRET', 'the App Secret', CREDENTIALS_PAGE);
  const mode = reader.choice('FEISHU_MODE', ['ws', 'webhook']);
  const webhook =
    mode === 'webhook'
      ? {
          encryptKey: reader.required(
            'FEISHU_ENCRYPT_KEY',
            'the Encrypt Key (webhook mode needs it)',
            ENCRYPTION_PAGE,
          ),
          verificationToken: reader.required(
            'FEISHU_VERIFICATION_TOKEN',
            'the Verification Token (webhook mode needs it)',
            ENCRYPTION_PAGE,
          ),
        }
      : undefined;
  const baseUrl = reader.url('FEISHU_BASE_URL', 'https://open.feishu.cn', HTTP_URL);
  const config: FeishuConfig = {
    appId,
    appSecret,
    mode,
    webhook,
    baseUrl,
    // CardKit takes 10 operations a second on one card, so 100 ms is the least that can work at all.
    updateIntervalMs: reader.integer('FEISHU_UPDATE_INTERVAL_MS', [100, 60_000], DEFAULT_UPDATE_INTERVAL_MS),
    monthlyCalls: reader.integer('FEISHU_MONTHLY_CALLS', [1, 1_000_000_000], undefined),
    webhookWindowMs: reader.integer('FEISHU_WEBHOOK_WINDOW_MS', [1_000, 3_600_000], 300_000),
  };
  return reader.result(config);
}
