import type { Adapter, AdapterDeps, Check } from '../../../src/contract/adapter.ts';
import { createHealth } from '../../shared/health.ts';
import { createHttp } from '../../shared/http.ts';
import { readText } from '../../shared/json.ts';
import { unsupported } from '../api.ts';
import { botCapabilities } from '../bot/capabilities.ts';
import { mediaCheck } from '../bot/probe.ts';
import type { BotWebhookConfig } from '../config.ts';
import { decodeBotEvent } from '../decode/bot-event.ts';
import { decodeBotMessage } from '../decode/bot-message.ts';
import type { Decoded } from '../decode/decoded.ts';
import { createMentionNames } from '../decode/mention-names.ts';
import { botWebhookAdapterId, platformId } from '../ids.ts';
import { createInboxGate } from '../../shared/inbox-gate.ts';
import { createMediaHosts } from '../media-hosts.ts';
import { fetchBotMedia } from '../media.ts';
import { askFrontPage } from '../../shared/platform-clock.ts';
import { webhookCheck } from '../probe.ts';
import { fetchWecomQuote } from '../quote.ts';
import { renderWecomMarkdown } from '../render.ts';
import { createMirror } from './mirror.ts';
import { createWebhookReplies } from './reply.ts';
import { createResponses } from './response.ts';
import { createStreams, streamIdOf, TAKING_UP_MS } from './streams.ts';
import { mintAddress, mintTarget } from './types.ts';
import { createBotWebhook } from './webhook.ts';

const CALL_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The AI bot by webhook. Puts the parts together. */
export async function createBotWebhookAdapter(config: BotWebhookConfig, deps: AdapterDeps): Promise<Adapter> {
  const { clock, log, uuid, proxyFor } = deps;
  const { keys } = config;
  for (const secret of [keys.token, keys.encodingAesKey]) log.addSecret(secret);
  const stopping = new AbortController();
  const health = createHealth({
    clock,
    log,
    title: 'wecom connection',
    fields: { adapter: botWebhookAdapterId },
  });
  const intake = createInboxGate(clock);
  const http = createHttp({ clock, proxyFor, timeoutMs: CALL_TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
  const hosts = createMediaHosts([config.baseUrl], deps.mediaHosts);
  const { shared } = deps;
  const mirror = createMirror({ shared, writer: uuid(), clock, log, stopped: stopping.signal });
  const streams = createStreams(
    clock,
    config.streamLifetimeMs,
    mirror.follow,
    shared.several ? TAKING_UP_MS : 0,
  );
  const mentions = createMentionNames();

  function decode(body: unknown, receivedAt: Date): Decoded {
    const adapter = botWebhookAdapterId;
    if (readText(body, 'msgtype') === 'event')
      return decodeBotEvent(body, { adapter, address: ({ msgid }) => mintAddress(msgid) });
    const responseUrl = readText(body, 'response_url');
    const target = ({ msgid }: { readonly msgid: string }) =>
      mintTarget({
        streamId: streamIdOf(msgid),
        receivedAt: receivedAt.getTime(),
        ...(responseUrl === undefined ? {} : { responseUrl }),
      });
    return decodeBotMessage(body, { adapter, receivedAt, mentions, target });
  }

  const webhook = createBotWebhook({
    keys,
    streams,
    mirror,
    intake,
    decode,
    clock,
    uuid,
    log,
    stopped: stopping.signal,
  });
  const replies = createWebhookReplies({
    streams,
    responses: createResponses({ http, hosts, clock }),
    welcome: webhook.welcome,
    clock,
    log,
    stopped: stopping.signal,
  });
  return {
    ...replies,
    id: botWebhookAdapterId,
    platform: platformId,
    capabilities: botCapabilities('polled', config.updateIntervalMs),
    webhooks: [webhook.route],
    async start(inbox) {
      intake.open(inbox);
      health.set('up');
    },
    async pause() {
      await intake.close();
      health.set('down', 'paused');
    },
    async stop() {
      await intake.close();
      stopping.abort();
      await http.close();
      health.set('down', 'stopped');
    },
    health: health.current,
    async *probe(signal): AsyncIterable<Check> {
      const { skewMs } = await askFrontPage(config.baseUrl, { http, clock }, signal);
      yield webhookCheck(webhook.seen(), skewMs);
      yield* mediaCheck(hosts.lastRefused());
    },
    render: renderWecomMarkdown,
    fetchMedia: (ref, signal) =>
      fetchBotMedia({ http, hosts, callbackKey: keys.encodingAesKey }, ref, signal),
    fetchQuote: (ref) => fetchWecomQuote(ref),
    ownerOf: () => Promise.reject(unsupported('group owner')),
  };
}
