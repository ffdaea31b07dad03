import type { Env } from '../../src/contract/adapter.ts';
import { createConfigReader, HTTP_URL, type ConfigResult } from '../shared/config-reader.ts';

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
export function readDingTalkConfig(env: Env): ConfigResult<DingTalkConfig> {
  const reader = createConfigReader({ env, credentials: CREDENTIALS });
  const mode = reader.choice('DINGTALK_MODE', ['stream', 'webhook']);
  const cardTemplateId = reader.given('DINGTALK_CARD_TEMPLATE_ID');
  if (cardTemplateId !== undefined && !TEMPLATE_ID.test(cardTemplateId)) {
    reader.fault({
      key: 'DINGTALK_CARD_TEMPLATE_ID',
      expected: 'the id of a card template, ending in .schema',
      where: CARDS_PAGE,
    });
  }
  const config: DingTalkConfig = {
    clientId: reader.required('DINGTALK_CLIENT_ID', 'the Client ID (AppKey)', CREDENTIALS_PAGE),
    clientSecret: reader.required(
      'DINGTALK_CLIENT_SECRET',
      'the Client Secret (AppSecret)',
      CREDENTIALS_PAGE,
    ),
    mode,
    cardTemplateId,
    baseUrl: reader.url('DINGTALK_BASE_URL', 'https://api.dingtalk.com', HTTP_URL),
    oapiBaseUrl: reader.url('DINGTALK_OAPI_BASE_URL', 'https://oapi.dingtalk.com', HTTP_URL),
    // One card alone could use 20 calls a second; 100 ms is already more than anyone can read.
    updateIntervalMs: reader.integer(
      'DINGTALK_UPDATE_INTERVAL_MS',
      [100, 60_000],
      DEFAULT_UPDATE_INTERVAL_MS,
    ),
    monthlyCalls: reader.integer('DINGTALK_MONTHLY_CALLS', [1, 1_000_000_000], undefined),
  };
  return reader.result(config);
}
