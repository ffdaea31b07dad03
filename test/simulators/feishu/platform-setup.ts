import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../src/contract/runtime.ts';
import { createChanges } from './changes.ts';
import { createIds } from './ids.ts';
import type { FeishuSimulatorOptions } from './options.ts';
import type { FeishuApp, Platform } from './platform.ts';
import { createRateLimits } from './rate-limits.ts';
import { realClock } from './real-clock.ts';
import { documentedLimits, documentedRules, type FeishuRules } from './rules.ts';
import { createTokens } from './tokens.ts';
import { createUpdateTokens } from './update-tokens.ts';
import { createWorld } from './world.ts';
import type { SimUser } from './world-types.ts';

/** The platform's shared state from the options, with documented defaults. */
export function createPlatform(
  options: FeishuSimulatorOptions,
  random: () => number,
): { readonly platform: Platform; readonly clock: Clock } {
  const clock = options.clock ?? realClock;
  const rules: FeishuRules = {
    ...documentedRules,
    ...options.rules,
    limits: { ...documentedLimits, ...options.limits },
  };
  const ids = createIds(random);
  const app: FeishuApp = {
    // Not from the seed: the SDK keeps tokens for an app id process-wide, so two simulators must never share one.
    appId: `cli_${randomBytes(8).toString('hex')}`,
    appSecret: ids.hex(32),
    encryptKey: ids.hex(32),
    verificationToken: ids.hex(32),
    tenantKey: ids.hex(16),
    botOpenId: ids.prefixed('ou_'),
    botName: 'Qwen',
    ...options.app,
  };
  const bot: SimUser = {
    openId: app.botOpenId,
    unionId: ids.prefixed('on_'),
    userId: '',
    name: app.botName,
    kind: 'bot',
  };
  const world = createWorld(ids, options.messageCapacity ?? 20_000);
  const surroundings = {
    rules,
    hasImage: (imageKey: string) => world.uploads.has(imageKey),
    hasPerson: (id: string) => id === app.botOpenId || world.user(id) !== undefined,
  };
  const cardOptions = {
    surroundings,
    history: options.history ?? 'full',
    historyCapacity: options.historyCapacity ?? 2000,
  };
  const platform: Platform = {
    app,
    bot,
    rules,
    ids,
    world,
    limits: createRateLimits(rules),
    tokens: createTokens(ids, rules.limits.tokenSeconds),
    updateTokens: createUpdateTokens(ids),
    cardOptions,
    changes: createChanges(),
    now: () => clock.now().getTime(),
  };
  return { platform, clock };
}
