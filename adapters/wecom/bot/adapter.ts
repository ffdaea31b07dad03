import type { Adapter, AdapterDeps } from '../../../src/contract/adapter.ts';
import { createHealth } from '../../shared/health.ts';
import { createHttp } from '../../shared/http.ts';
import { readText } from '../../shared/json.ts';
import { unsupported } from '../api.ts';
import type { BotConfig } from '../config.ts';
import { decodeBotEvent } from '../decode/bot-event.ts';
import { decodeBotMessage } from '../decode/bot-message.ts';
import type { Decoded } from '../decode/decoded.ts';
import { createMentionNames } from '../decode/mention-names.ts';
import { botAdapterId, platformId } from '../ids.ts';
import { createInboxGate } from '../../shared/inbox-gate.ts';
import { createMediaHosts } from '../media-hosts.ts';
import { fetchBotMedia } from '../media.ts';
import { fetchWecomQuote } from '../quote.ts';
import { renderWecomMarkdown } from '../render.ts';
import { createBotCalls } from './calls.ts';
import { botCapabilities } from './capabilities.ts';
import { createConnection } from './connection.ts';
import { createBotLink } from './link.ts';
import { probeBot } from './probe.ts';
import { createBotReplies } from './reply.ts';
import { runSession, type BotCallback } from './session.ts';
import { mintAddress, mintTarget } from './types.ts';

const MEDIA_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The AI bot by long connection. Puts the parts together. */
export async function createBotAdapter(config: BotConfig, deps: AdapterDeps): Promise<Adapter> {
  const { clock, log, uuid, random, proxyFor } = deps;
  log.addSecret(config.secret);
  const capabilities = botCapabilities('live', config.updateIntervalMs);
  const stopping = new AbortController();
  const health = createHealth({ clock, log, title: 'wecom connection', fields: { adapter: botAdapterId } });
  const link = createBotLink(clock);
  // Only the connected replica calls, so the limits are not divided.
  const budget = deps.createBudget(capabilities.callLimits, 'elected');
  const calls = createBotCalls({ link, budget, uuid });
  const intake = createInboxGate(clock);
  const http = createHttp({ clock, proxyFor, timeoutMs: MEDIA_TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
  const baseUrls = [config.baseUrl, config.wsUrl];
  const hosts = createMediaHosts(baseUrls, deps.mediaHosts);
  const mentions = createMentionNames();

  function decode({ cmd, reqId, body }: BotCallback): Decoded {
    const adapter = botAdapterId;
    const receivedAt = clock.now();
    return cmd === 'aibot_msg_callback'
      ? decodeBotMessage(body, {
          adapter,
          receivedAt,
          mentions,
          target: ({ chatId }) => mintTarget({ reqId, chatId }),
        })
      : decodeBotEvent(body, {
          adapter,
          address: ({ chatId }) => mintAddress({ chatId, reqId, cameAt: receivedAt.getTime() }),
        });
  }

  /** The protocol has no acknowledgement for callbacks: what cannot be stored is lost, and only the log knows. */
  function onCallback(callback: BotCallback): void {
    if (!intake.isOpen()) return log.warn({}, 'wecom event dropped while pausing');
    const decoded = decode(callback);
    const msgid = readText(callback.body, 'msgid');
    if ('ignored' in decoded) return log.debug({ reason: decoded.ignored, msgid }, 'wecom event ignored');
    intake
      .enter((take) => take(decoded.event))
      .catch((error: unknown) => {
        log.error({ msgid, error }, 'wecom event lost: it could not be stored');
      });
  }

  const session = { ...config, link, proxyFor, clock, uuid, log, onCallback };
  const connection = createConnection({
    clock,
    random,
    health,
    log,
    elect: deps.elect,
    serve: (onUp, signal) => runSession(session, onUp, signal),
  });
  return {
    ...createBotReplies({ ...config, calls, clock, log, stopped: stopping.signal }),
    id: botAdapterId,
    platform: platformId,
    capabilities,
    webhooks: [],
    async start(inbox) {
      intake.open(inbox);
      connection.start(inbox);
    },
    pause: () => intake.close(),
    async stop() {
      await intake.close();
      stopping.abort();
      await connection.stop();
      await http.close();
      health.set('down', 'stopped');
    },
    health: health.current,
    probe: (signal) =>
      probeBot(
        { health: health.current, refusedMediaHost: hosts.lastRefused, wsUrl: config.wsUrl, http, clock },
        signal,
      ),
    render: renderWecomMarkdown,
    fetchMedia: (ref, signal) => fetchBotMedia({ http, hosts, callbackKey: undefined }, ref, signal),
    fetchQuote: (ref) => fetchWecomQuote(ref),
    ownerOf: () => Promise.reject(unsupported('group owner')),
  };
}
