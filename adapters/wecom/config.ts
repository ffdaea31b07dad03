import type { Env } from '../../src/contract/adapter.ts';
import {
  createConfigReader,
  type ConfigReader,
  type ConfigResult,
  type UrlForm,
} from '../shared/config-reader.ts';

/** The AI bot (智能机器人) by long connection. */
export type BotConfig = {
  readonly botId: string;
  readonly secret: string;
  readonly wsUrl: string;
  readonly baseUrl: string;
  readonly updateIntervalMs: number;
  readonly streamLifetimeMs: number;
};

/** What verifies and decrypts the callbacks of one address. `receiveId` is empty for an AI bot. */
export type CallbackKeys = {
  readonly token: string;
  /** 43 characters: 32 bytes in base64, without its `=`. */
  readonly encodingAesKey: string;
  readonly receiveId: string;
};

/** The AI bot by webhook. */
export type BotWebhookConfig = {
  readonly keys: CallbackKeys;
  readonly baseUrl: string;
  readonly updateIntervalMs: number;
  readonly streamLifetimeMs: number;
};

/** The self-built app (自建应用). */
export type AppConfig = {
  readonly corpId: string;
  readonly agentId: number;
  readonly secret: string;
  readonly keys: CallbackKeys;
  readonly baseUrl: string;
};

const SHARED_KEYS = ['WECOM_BASE_URL', 'WECOM_UPDATE_INTERVAL_MS', 'WECOM_STREAM_LIFETIME_MS'] as const;
const BOT_CREDENTIALS = ['WECOM_BOT_ID', 'WECOM_BOT_SECRET'] as const;
const BOT_WEBHOOK_CREDENTIALS = ['WECOM_BOT_TOKEN', 'WECOM_BOT_ENCODING_AES_KEY'] as const;
const APP_CREDENTIALS = [
  'WECOM_CORP_ID',
  'WECOM_AGENT_ID',
  'WECOM_AGENT_SECRET',
  'WECOM_AGENT_TOKEN',
  'WECOM_AGENT_ENCODING_AES_KEY',
] as const;

export const botKeys: readonly string[] = [...BOT_CREDENTIALS, 'WECOM_BOT_WS_URL', ...SHARED_KEYS];
export const botWebhookKeys: readonly string[] = [...BOT_WEBHOOK_CREDENTIALS, ...SHARED_KEYS];
export const appKeys: readonly string[] = [...APP_CREDENTIALS, 'WECOM_BASE_URL'];

const BOT_PAGE =
  '管理后台 › 安全与管理 › 管理工具 › 智能机器人 › API 模式 (Admin console › Management tools › AI bots › API mode)';
const CORP_PAGE = '管理后台 › 我的企业 › 企业信息 (Admin console › My company › Company information)';
const APP_PAGE = '管理后台 › 应用管理 › 自建应用 (Admin console › Apps › Self-built apps)';
const APP_CALLBACK_PAGE = `${APP_PAGE} › 接收消息 › 设置API接收 (Receive messages › API)`;

const BASE_URL: UrlForm = { protocols: /^https?:$/, called: 'a URL' };
const WS_URL: UrlForm = { protocols: /^wss?:$/, called: 'a URL' };

const AES_KEY = /^[A-Za-z0-9+/]{43}$/;
const AES_KEY_EXPECTED = 'the EncodingAESKey, 43 characters';

/**
 * One edit a second at first: a chat takes 30 frames a minute (path 101463), so long answers slow down further, see
 * `bot/cadence.ts`.
 */
const DEFAULT_BOT_INTERVAL_MS = 1_000;
/** By webhook WeCom asks about once a second, and an edit costs no call. */
const DEFAULT_WEBHOOK_INTERVAL_MS = 300;
/** WeCom ends a stream after 6 minutes (path 101463); half a minute is kept back. */
const DEFAULT_STREAM_LIFETIME_MS = 330_000;

export function readBotConfig(env: Env): ConfigResult<BotConfig> {
  const reader = createConfigReader<string>({ env, credentials: BOT_CREDENTIALS, optional: 'told' });
  return reader.result({
    botId: reader.required('WECOM_BOT_ID', 'the Bot ID', BOT_PAGE),
    secret: reader.required('WECOM_BOT_SECRET', 'the Secret of the long connection', BOT_PAGE),
    wsUrl: reader.url('WECOM_BOT_WS_URL', 'wss://openws.work.weixin.qq.com', WS_URL),
    baseUrl: baseUrl(reader),
    updateIntervalMs: updateInterval(reader, DEFAULT_BOT_INTERVAL_MS),
    streamLifetimeMs: streamLifetime(reader),
  });
}

export function readBotWebhookConfig(env: Env): ConfigResult<BotWebhookConfig> {
  const reader = createConfigReader<string>({
    env,
    credentials: BOT_WEBHOOK_CREDENTIALS,
    optional: 'told elsewhere',
  });
  return reader.result({
    keys: {
      token: reader.required('WECOM_BOT_TOKEN', 'the Token of the callback URL', BOT_PAGE),
      encodingAesKey: reader.required('WECOM_BOT_ENCODING_AES_KEY', AES_KEY_EXPECTED, BOT_PAGE, AES_KEY),
      receiveId: '',
    },
    baseUrl: baseUrl(reader),
    updateIntervalMs: updateInterval(reader, DEFAULT_WEBHOOK_INTERVAL_MS),
    streamLifetimeMs: streamLifetime(reader),
  });
}

export function readAppConfig(env: Env): ConfigResult<AppConfig> {
  const reader = createConfigReader<string>({
    env,
    credentials: APP_CREDENTIALS,
    optional: 'told elsewhere',
  });
  const corpId = reader.required('WECOM_CORP_ID', 'the company id (企业ID)', CORP_PAGE);
  return reader.result({
    corpId,
    agentId: Number(reader.required('WECOM_AGENT_ID', 'the AgentId, a number', APP_PAGE, /^\d{1,12}$/)),
    secret: reader.required('WECOM_AGENT_SECRET', 'the Secret of the app', APP_PAGE),
    keys: {
      token: reader.required('WECOM_AGENT_TOKEN', 'the Token of the callback URL', APP_CALLBACK_PAGE),
      encodingAesKey: reader.required(
        'WECOM_AGENT_ENCODING_AES_KEY',
        AES_KEY_EXPECTED,
        APP_CALLBACK_PAGE,
        AES_KEY,
      ),
      receiveId: corpId,
    },
    baseUrl: baseUrl(reader),
  });
}

const baseUrl = (reader: ConfigReader<string>): string =>
  reader.url('WECOM_BASE_URL', 'https://qyapi.weixin.qq.com', BASE_URL);

const updateInterval = (reader: ConfigReader<string>, fallback: number): number =>
  reader.integer('WECOM_UPDATE_INTERVAL_MS', [100, 60_000], fallback);

/** At most the ten minutes that were measured for a stream; documented are six. */
const streamLifetime = (reader: ConfigReader<string>): number =>
  reader.integer('WECOM_STREAM_LIFETIME_MS', [1_000, 600_000], DEFAULT_STREAM_LIFETIME_MS);
