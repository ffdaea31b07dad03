/**
 * Platforms whose names and keys are promised but whose adapters are not built yet. Their keys are no misspellings, and
 * setting one is refused instead of ignored. The one place in the core that names platforms; an adapter that arrives
 * takes precedence over its entry here.
 */
export const laterPlatforms: readonly { readonly platform: string; readonly keys: readonly string[] }[] = [
  {
    platform: 'dingtalk',
    keys: [
      'DINGTALK_CLIENT_ID',
      'DINGTALK_CLIENT_SECRET',
      'DINGTALK_MODE',
      'DINGTALK_CARD_TEMPLATE_ID',
      'DINGTALK_BASE_URL',
      'DINGTALK_OAPI_BASE_URL',
      'DINGTALK_UPDATE_INTERVAL_MS',
      'DINGTALK_MONTHLY_CALLS',
    ],
  },
  {
    platform: 'wecom',
    keys: [
      'WECOM_BOT_ID',
      'WECOM_BOT_SECRET',
      'WECOM_BOT_WS_URL',
      'WECOM_BOT_TOKEN',
      'WECOM_BOT_ENCODING_AES_KEY',
      'WECOM_CORP_ID',
      'WECOM_AGENT_ID',
      'WECOM_AGENT_SECRET',
      'WECOM_AGENT_TOKEN',
      'WECOM_AGENT_ENCODING_AES_KEY',
      'WECOM_BASE_URL',
      'WECOM_UPDATE_INTERVAL_MS',
      'WECOM_STREAM_LIFETIME_MS',
    ],
  },
];
