import { realClock } from '../feishu/real-clock.ts';
import { createCardStore } from './card-store.ts';
import { createChanges } from './changes.ts';
import { createIds, type Ids } from './ids.ts';
import type { DingTalkSimulatorOptions } from './options.ts';
import type { DingTalkApp, Platform } from './platform.ts';
import { createRateLimits } from './rate-limits.ts';
import { documentedLimits, documentedRules, type DingTalkRules } from './rules.ts';
import { createTokens } from './tokens.ts';
import { createWorld } from './world.ts';

/** The platform's shared state from the options, with documented defaults. */
export function createPlatform(
  options: DingTalkSimulatorOptions,
  random: () => number,
  stopped: AbortSignal,
): Platform {
  const clock = options.clock ?? realClock;
  const rules: DingTalkRules = {
    ...documentedRules,
    ...options.rules,
    limits: { ...documentedLimits, ...options.limits },
  };
  const ids = createIds(random);
  const app = createApp(options.app, ids);
  const capacity = options.capacity ?? 20_000;
  return {
    app,
    console: { published: true, streamMode: true, addressAllowed: true },
    rules,
    ids,
    random,
    clock,
    world: createWorld(ids, app.corpId, capacity),
    cards: createCardStore(ids, options.templates ?? [], capacity),
    limits: createRateLimits(rules),
    tokens: createTokens(ids, rules.limits.tokenSeconds, rules.tokenDomains),
    changes: createChanges(),
    unsafeWords: options.unsafeWords ?? [],
    history: { detail: options.history ?? 'full', capacity: options.historyCapacity ?? 2000 },
    urls: { api: '', oapi: '', download: '' },
    stopped,
    now: () => clock.now().getTime(),
  };
}

function createApp(given: Partial<DingTalkApp> = {}, ids: Ids): DingTalkApp {
  const clientId = given.clientId ?? ids.dingId();
  return {
    clientId,
    clientSecret: ids.hex(64),
    robotCode: clientId,
    corpId: ids.dingId(),
    unifiedAppId: ids.uuid(),
    botName: 'Qwen',
    botUserId: ids.dingtalkId(),
    ...given,
  };
}
