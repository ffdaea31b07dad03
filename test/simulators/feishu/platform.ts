import type { Card, CardOptions } from './card.ts';
import type { Changes } from './changes.ts';
import type { Ids } from './ids.ts';
import type { RateLimits } from './rate-limits.ts';
import type { FeishuRules } from './rules.ts';
import type { Tokens } from './tokens.ts';
import type { UpdateTokens } from './update-tokens.ts';
import type { World } from './world.ts';
import type { SimUser } from './world-types.ts';

/** The app as the developer console knows it. */
export type FeishuApp = {
  /** `cli_` and 16 hex digits: the SDK starts with nothing else. */
  readonly appId: string;
  readonly appSecret: string;
  readonly encryptKey: string;
  readonly verificationToken: string;
  readonly tenantKey: string;
  readonly botOpenId: string;
  readonly botName: string;
};

/** What routes and deliveries share. */
export type Platform = {
  readonly app: FeishuApp;
  /** Our bot as the chats see it: mentioned like a person, but member of no list of people. */
  readonly bot: SimUser;
  readonly rules: FeishuRules;
  readonly ids: Ids;
  readonly world: World;
  readonly limits: RateLimits;
  readonly tokens: Tokens;
  readonly updateTokens: UpdateTokens;
  readonly cardOptions: CardOptions;
  readonly changes: Changes;
  /** Milliseconds since the epoch, from the injected clock. */
  now(): number;
};

/** Tells watchers that a card looks different now. */
export function announceCard(platform: Platform, card: Card): void {
  platform.changes.emit({ type: 'card-changed', cardId: card.cardId, messageId: card.messageId });
}
