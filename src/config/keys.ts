/** Every key the core reads, with an example for the line that mends a fault; undefined where it is the operator's own. */
export const examples: Readonly<Record<string, string | undefined>> = {
  QWEN_BASE_URL: 'http://127.0.0.1:8000/v1',
  QWEN_API_KEY: undefined,
  QWEN_MODEL: 'auto',
  QWEN_VISION_BASE_URL: 'http://127.0.0.1:8001/v1',
  QWEN_VISION_API_KEY: undefined,
  QWEN_VISION_MODEL: 'auto',
  QWEN_EXTRA_HEADERS: `'{"X-Team":"assistant"}'`,
  QWEN_EXTRA_BODY: `'{"top_k":20}'`,
  QWEN_FIRST_TOKEN_TIMEOUT_MS: '60000',
  QWEN_IDLE_TIMEOUT_MS: '30000',
  QWEN_MAX_CONCURRENCY: '16',
  QWEN_PROXY: 'http://127.0.0.1:3128',
  SYSTEM_PROMPT: undefined,
  ADMINS: 'platform:userId',
  ALLOW: 'platform:userId,platform:chat:chatId,platform:*',
  MEDIA_HOSTS: 'files.example.com,10.0.0.5:9000',
  GROUP_CONTEXT: 'user',
  HOST: '127.0.0.1',
  PORT: '3000',
  SHUTDOWN_GRACE_MS: '8000',
  DATABASE_URL: 'postgres://bridge:password@127.0.0.1:5432/bridge',
  LOG_LEVEL: 'info',
  LOCALE: 'zh',
  TIME_ZONE: 'Asia/Shanghai',
  HTTPS_PROXY: 'http://127.0.0.1:3128',
  NO_PROXY: 'localhost,.example.com',
  METRICS_TOKEN: undefined,
  RETENTION_DAYS: '30',
  MEDIA_RETENTION_HOURS: '24',
  MAX_MESSAGE_AGE_MS: '28800000',
  HEALTH_INTERVAL_MS: '60000',
  HEALTH_SLOW_MS: '2000',
  HEALTH_FAILURES: '3',
  QUIET_HOURS: '22:00-07:30',
  ASSISTANTS_FILE: './assistants.yaml',
};

export const coreKeys: readonly string[] = Object.keys(examples);

/** Where set but empty is a meaning of its own: nobody is allowed. Everywhere else blank counts as missing. */
export const keysThatMayBeEmpty: ReadonlySet<string> = new Set(['ALLOW']);
