import type { Check } from '../../contract/adapter.ts';
import { phrase, type Phrase } from './phrase.ts';

/** What each check of a platform looks at. */
export const checkWords: Readonly<Record<Check['code'], Phrase>> = {
  credentials: phrase('应用凭证', 'app credentials'),
  bot: phrase('机器人', 'bot'),
  connection: phrase('长连接', 'long connection'),
  permission: phrase('权限', 'permissions'),
  card: phrase('卡片', 'cards'),
  webhook: phrase('回调', 'webhook'),
};

export const modelWords = {
  unknown: phrase('没有回答', 'no answer'),
} as const;
