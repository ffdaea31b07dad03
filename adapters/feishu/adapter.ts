import { createRequire } from 'node:module';
import type * as FeishuSdk from '@larksuiteoapi/node-sdk';
import type { Adapter, AdapterDeps } from '../../src/contract/adapter.ts';
import { createHealth } from '../shared/health.ts';
import { createHttp } from '../shared/http.ts';
import { createQuotaNotice } from '../shared/quota-notice.ts';
import { watchDates } from '../shared/platform-clock.ts';
import { holdUntilStopped } from '../shared/session-end.ts';
import { createFeishuApi } from './api.ts';
import { feishuCapabilities } from './capabilities.ts';
import type { FeishuConfig } from './config.ts';
import { createConnection } from './connection.ts';
import { adapterId, personKey, platformId } from './decode/ids.ts';
import { createIdentity } from './identity.ts';
import { createIntake } from './intake.ts';
import { fetchFeishuMedia } from './media.ts';
import { createOperations } from './operations.ts';
import { probeFeishu } from './probe.ts';
import { fetchFeishuQuote } from './quote.ts';
import { renderFeishuMarkdown } from './render.ts';
import { createFeishuReplies } from './reply.ts';
import { runSession } from './session.ts';
import { createClientHttp } from './sdk-http.ts';
import { createSdkLog } from './sdk-log.ts';
import { createTenantTokens, requestToken } from './token.ts';
import { createFeishuWebhook } from './webhook.ts';

/** No documented call takes longer; slower ones are better repeated. */
const CALL_TIMEOUT_MS = 10_000;
/** A fetched message holds at most a 150 KB text or fifty forwarded ones. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** The tenant's calls of this month are used up. */
const QUOTA_EXHAUSTED = '99991403';

/**
 * Loads the SDK, some 40 MB, so only once Feishu is known to be configured. By `require`: `import` would also keep its
 * six megabytes of source text, twice (20 MB more, measured).
 */
function loadSdk(): typeof FeishuSdk {
  return createRequire(import.meta.url)('@larksuiteoapi/node-sdk') as typeof FeishuSdk;
}

/** Puts the parts together. */
export async function createFeishuAdapter(config: FeishuConfig, deps: AdapterDeps): Promise<Adapter> {
  const sdk = loadSdk();
  const { clock, log, uuid, proxyFor } = deps;
  const { appId, appSecret, baseUrl } = config;
  log.addSecret(appSecret);
  const capabilities = feishuCapabilities(config);
  const budget = deps.createBudget(capabilities.callLimits);
  const http = createHttp({ clock, proxyFor, timeoutMs: CALL_TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
  const tokenOptions = { appId, appSecret, baseUrl, http, budget, clock, log };
  const tokens = createTenantTokens(tokenOptions);
  const quota = createQuotaNotice({ adapter: adapterId, evidence: QUOTA_EXHAUSTED, clock, log });
  const client = new sdk.Client({
    appId,
    appSecret,
    domain: baseUrl,
    disableTokenCache: true, // or it would use its own tokens
    httpInstance: createClientHttp(http),
    logger: createSdkLog(log),
    source: `qwen-chat-bridge-${deps.version}`,
  });
  const api = createFeishuApi({
    client,
    withToken: sdk.withTenantToken,
    tokens,
    budget,
    log,
    onQuotaExhausted: quota.exhausted,
  });
  const operations = createOperations(api);
  const identity = createIdentity(operations.botInfo, log);
  const health = createHealth({ clock, log, title: 'feishu connection' });
  const intake = createIntake({ clock, log, botOpenId: identity.openId });
  const webhook =
    config.webhook === undefined
      ? undefined
      : createFeishuWebhook({
          keys: { appId, windowMs: config.webhookWindowMs, ...config.webhook },
          intake,
          clock,
          log,
        });
  const session = { sdk, appId, appSecret, baseUrl, proxyFor, http, clock, log, receive: intake.receive };
  const connection = createConnection({
    clock,
    random: deps.random,
    health,
    prepare: async (signal) => {
      await identity.learn(signal);
    },
    serve: config.mode === 'ws' ? (onUp, signal) => runSession(session, onUp, signal) : holdUntilStopped,
  });
  const replies = createFeishuReplies({ calls: operations, clock, uuid, log });

  return {
    ...replies,
    id: adapterId,
    platform: platformId,
    capabilities,
    webhooks: webhook === undefined ? [] : [webhook.route],
    async start(inbox) {
      intake.open(inbox);
      quota.open(inbox);
      connection.start();
    },
    async pause() {
      await intake.close();
      await connection.stop();
      health.set('down', 'paused');
    },
    async stop() {
      await intake.close();
      await connection.stop();
      tokens.stop();
      await http.close();
      health.set('down', 'stopped');
    },
    health: health.current,
    probe(signal) {
      const watched = watchDates(http, clock);
      return probeFeishu(
        {
          operations,
          requestToken: (probing) => requestToken({ ...tokenOptions, http: watched.http }, probing),
          skewMs: watched.skewMs,
          clock,
          uuid,
          appId,
          baseUrl,
          health: health.current,
          callbacks: webhook?.seen,
        },
        signal,
      );
    },
    render: renderFeishuMarkdown,
    fetchMedia: (ref, signal) => fetchFeishuMedia(operations, ref, signal),
    async fetchQuote(ref, signal) {
      const { openId } = await identity.learn(signal);
      return fetchFeishuQuote({ calls: operations, appId, botOpenId: openId }, ref, signal);
    },
    async ownerOf({ chat }, signal) {
      const { ownerOpenId } = await operations.getChat(chat, signal);
      return ownerOpenId === undefined ? undefined : personKey(ownerOpenId);
    },
  };
}
