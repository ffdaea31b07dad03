import type { Adapter, AdapterDeps } from '../../../src/contract/adapter.ts';
import { createHealth } from '../../shared/health.ts';
import { createHttp } from '../../shared/http.ts';
import { readText } from '../../shared/json.ts';
import { invalidReference, unsupported } from '../api.ts';
import type { AppConfig } from '../config.ts';
import { appAdapterId, platformId } from '../ids.ts';
import { createInboxGate } from '../../shared/inbox-gate.ts';
import { fetchWecomQuote } from '../quote.ts';
import { renderWecomMarkdown } from '../render.ts';
import { createAppCalls } from './calls.ts';
import { appCapabilities } from './capabilities.ts';
import { probeApp } from './probe.ts';
import { createRepeats } from './repeats.ts';
import { createAppReplies } from './reply.ts';
import { createAppWatch } from './watch.ts';
import { createAppWebhook } from './webhook.ts';

const CALL_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The self-built app. Puts the parts together. */
export async function createAppAdapter(config: AppConfig, deps: AdapterDeps): Promise<Adapter> {
  const { clock, log, random, proxyFor } = deps;
  const { keys, secret } = config;
  for (const value of [secret, keys.token, keys.encodingAesKey]) log.addSecret(value);
  const capabilities = appCapabilities();
  const health = createHealth({ clock, log, title: 'wecom connection', fields: { adapter: appAdapterId } });
  const intake = createInboxGate(clock);
  const http = createHttp({ clock, proxyFor, timeoutMs: CALL_TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
  const watch = createAppWatch({ calls: () => calls, health, clock, random });
  const budget = deps.createBudget(capabilities.callLimits);
  const calls = createAppCalls({ config, http, budget, clock, log, onVerdict: watch.onVerdict });
  const webhook = createAppWebhook({ keys, intake, clock, log });
  return {
    ...createAppReplies({ calls, repeats: createRepeats(clock), clock, log }),
    id: appAdapterId,
    platform: platformId,
    capabilities,
    webhooks: [webhook.route],
    async start(inbox) {
      intake.open(inbox);
      watch.start();
    },
    pause: () => intake.close(),
    async stop() {
      await intake.close();
      await watch.stop();
      calls.stop();
      await http.close();
      health.set('down', 'stopped');
    },
    health: health.current,
    probe: (signal) => probeApp({ calls, http, clock, callbacks: webhook.seen }, signal),
    render: renderWecomMarkdown,
    async fetchMedia(ref, signal) {
      const mediaId = readText(ref, 'mediaId');
      if (mediaId === undefined) throw invalidReference('media reference');
      return calls.openMedia(mediaId, signal);
    },
    fetchQuote: (ref) => fetchWecomQuote(ref),
    ownerOf: () => Promise.reject(unsupported('group owner')),
  };
}
