import type { Adapter, AdapterDeps } from '../../src/contract/adapter.ts';
import { createHttp } from '../shared/http.ts';
import { watchDates } from '../shared/platform-clock.ts';
import { createQuotaNotice } from '../shared/quota-notice.ts';
import { cannot, createDingTalkApi } from './api.ts';
import { dingtalkCapabilities, callLimits } from './capabilities.ts';
import { createCardGate } from './card-gate.ts';
import type { DingTalkConfig } from './config.ts';
import { createConnection, type SessionHooks } from './connection.ts';
import { adapterId, platformId } from './decode/ids.ts';
import { createGateway } from './gateway.ts';
import { createDingTalkHealth } from './health.ts';
import { createHosts } from './hosts.ts';
import { createIntake } from './intake.ts';
import { fetchDingTalkMedia } from './media.ts';
import { createOperations } from './operations.ts';
import { createPresses } from './presses.ts';
import { probeDingTalk } from './probe.ts';
import { fetchDingTalkQuote } from './quote.ts';
import { createPushQuota } from './push-quota.ts';
import { renderForMessages } from './render-messages.ts';
import { renderDingTalkMarkdown } from './render.ts';
import { createDingTalkReplies } from './reply.ts';
import { createShownMemory } from './shown-memory.ts';
import { createSpacing } from './spacing.ts';
import { createAccessTokens, requestToken } from './token.ts';
import { serveWebhooks } from './webhook-session.ts';
import { createDingTalkWebhook } from './webhook.ts';

/** DingTalk's own gateway gives up after 3 s. */
const CALL_TIMEOUT_MS = 10_000;
/** No answer we ask for holds more than ids. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** The organisation's calls of this month are used up; on the old host 90020 says the same. */
const QUOTA_EXHAUSTED = 'ApiCountLimitForOrg';
/** While one connection is being replaced the other receives. */
const STREAM_LINES = 2;

/** Puts the parts together. */
export async function createDingTalkAdapter(config: DingTalkConfig, deps: AdapterDeps): Promise<Adapter> {
  const { clock, log, uuid, random, proxyFor } = deps;
  const { clientId, clientSecret, baseUrl, oapiBaseUrl, mode, cardTemplateId: templateId } = config;
  log.addSecret(clientSecret);
  const budget = deps.createBudget(callLimits);
  const http = createHttp({ clock, proxyFor, timeoutMs: CALL_TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
  const hosts = createHosts({ baseUrls: [baseUrl, oapiBaseUrl], mediaHosts: deps.mediaHosts });
  const tokenOptions = { clientId, clientSecret, baseUrl, http, budget, clock, log };
  const tokens = createAccessTokens(tokenOptions);
  const quota = createQuotaNotice({ adapter: adapterId, evidence: QUOTA_EXHAUSTED, clock, log });
  const api = createDingTalkApi({ http, tokens, budget, log, onQuotaExhausted: quota.exhausted });
  const operations = createOperations(api, baseUrl);
  const gate = createCardGate({ templateId, clock, log });
  const pushQuota = createPushQuota(clock);
  const health = createDingTalkHealth({
    clock,
    log,
    limitations() {
      const noText = gate.reason();
      return [noText === undefined ? undefined : `no live text: ${noText}`, pushQuota.reason()].filter(
        (reason) => reason !== undefined,
      );
    },
  });
  const presses = createPresses(clock);
  const shown = createShownMemory();
  const { allowsSession } = hosts;
  const intake = createIntake({
    clientId,
    forgeable: mode === 'webhook',
    allowsSession,
    presses,
    onPushQuota: pushQuota.exhausted,
    clock,
    log,
  });
  const webhook =
    mode === 'webhook' ? createDingTalkWebhook({ clientSecret, intake, clock, log }) : undefined;
  const userAgent = `qwen-chat-bridge-node/${deps.version}`;
  const connection = createConnection({
    clock,
    random,
    health,
    log,
    lines: mode === 'stream' ? STREAM_LINES : 1,
    serve:
      mode === 'webhook'
        ? (hooks, signal) => serveWebhooks((trying) => tokens.get(trying), hooks, signal)
        : await createStream(),
  });

  /** The SDK is loaded only where it is used. */
  async function createStream() {
    const [{ runSession }, { SUBSCRIPTIONS }] = await Promise.all([
      import('./session.ts'),
      import('./stream-client.ts'),
    ]);
    const gateway = createGateway({
      clientId,
      clientSecret,
      baseUrl,
      userAgent,
      subscriptions: SUBSCRIPTIONS,
      http,
      budget,
    });
    const session = { clientId, clientSecret, userAgent, gateway, intake, proxyFor, clock, log };
    return (hooks: SessionHooks, signal: AbortSignal) => {
      // The first answer need not wait for it; whether it came is told by the first call that needs it.
      tokens.get(signal).catch(() => undefined);
      return runSession(session, hooks, signal);
    };
  }

  const replies = createDingTalkReplies({
    operations,
    clientId,
    templateId,
    callbacks: mode === 'stream',
    presses,
    gate,
    shown,
    allowsSession,
    clock,
    uuid,
    log,
    createSpacing: () =>
      createSpacing({
        clock,
        updateIntervalMs: config.updateIntervalMs,
        thrifty: config.monthlyCalls !== undefined,
      }),
  });

  return {
    ...replies,
    id: adapterId,
    platform: platformId,
    /** What can be shown depends on whether cards are taken at the moment. */
    get capabilities() {
      return dingtalkCapabilities(config, gate.isOpen());
    },
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
      tokens.stop();
      await Promise.all([connection.stop(), http.close()]);
      health.set('down', 'stopped');
    },
    health: health.current,
    probe(signal) {
      const watched = watchDates(http, clock);
      return probeDingTalk(
        {
          operations,
          requestToken: (probing) => requestToken({ ...tokenOptions, http: watched.http }, probing),
          skewMs: watched.skewMs,
          clock,
          uuid,
          clientId,
          templateId,
          health: health.current,
          callbacks: webhook?.seen,
        },
        signal,
      );
    },
    render: templateId === undefined ? renderForMessages : renderDingTalkMarkdown,
    fetchMedia: (ref, signal) => fetchDingTalkMedia({ operations, http, hosts, log }, ref, signal),
    fetchQuote: (ref) => fetchDingTalkQuote(shown, ref),
    ownerOf: () => Promise.reject(cannot('unsupported', 'group owner')),
  };
}
