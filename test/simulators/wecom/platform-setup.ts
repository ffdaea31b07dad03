import { createCallLog } from './calls.ts';
import { createChanges } from './changes.ts';
import { createIds } from './ids.ts';
import { createMediaHost } from './media-host.ts';
import type { WeComSimulatorOptions } from './options.ts';
import type { Platform, WeComCorp } from './platform.ts';
import { createQuotas } from './quotas.ts';
import { createRandom } from '../feishu/random.ts';
import { realClock } from '../feishu/real-clock.ts';
import { documentedLimits, documentedRules, type WeComRules } from './rules.ts';
import { createWorld } from './world.ts';

/** The platform's shared state from the options, with documented defaults. */
export function createPlatform(
  options: WeComSimulatorOptions,
  urls: { readonly api: () => string; readonly media: () => string },
  stopped: AbortSignal,
): Platform {
  const clock = options.clock ?? realClock;
  const random = createRandom(options.seed ?? 1);
  const ids = createIds(random);
  const rules: WeComRules = {
    ...documentedRules,
    ...options.rules,
    limits: { ...documentedLimits, ...options.limits },
  };
  const corp: WeComCorp = {
    corpId: `ww${ids.hex(16)}`,
    botId: `aib${ids.word(29)}`,
    botSecret: ids.word(43),
    botName: 'Qwen 助手',
    botToken: ids.word(24),
    botEncodingAesKey: ids.aesKey(),
    agentId: 1_000_002,
    agentSecret: ids.word(43),
    agentName: 'Qwen',
    agentToken: ids.word(24),
    agentEncodingAesKey: ids.aesKey(),
    ...options.corp,
  };
  const now = (): number => clock.now().getTime();
  return {
    corp,
    rules,
    clock,
    random,
    ids,
    world: createWorld(ids, options.messageCapacity ?? 20_000),
    media: createMediaHost({ ids, now, url: urls.media, urlLifeMs: rules.limits.mediaUrlMs }),
    quotas: createQuotas(rules),
    calls: createCallLog(options.callCapacity ?? 50_000),
    changes: createChanges(),
    history: { detail: options.history ?? 'full', capacity: options.historyCapacity ?? 2000 },
    url: urls.api,
    now,
    stopped,
  };
}
