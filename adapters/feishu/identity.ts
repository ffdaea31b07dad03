import type { Logger } from '../../src/contract/runtime.ts';
import type { BotInfo } from './operations.ts';

export type Identity = {
  /** Undefined until `learn` succeeded once. */
  readonly openId: () => string | undefined;
  /** Asks the platform, once; later calls resolve at once, for an app's own open_id never changes. */
  readonly learn: (signal: AbortSignal) => Promise<BotInfo>;
};

/** Who this bot is: without it no mention can be told to be its own. */
export function createIdentity(botInfo: (signal: AbortSignal) => Promise<BotInfo>, log: Logger): Identity {
  let known: BotInfo | undefined;
  return {
    openId: () => known?.openId,
    async learn(signal) {
      if (known !== undefined) return known;
      const found = await botInfo(signal);
      known = found;
      log.info({ bot: found.name, activateStatus: found.activateStatus }, 'feishu bot');
      return found;
    },
  };
}
