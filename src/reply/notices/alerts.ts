import { duration, phrase, seconds, type Phrase } from './phrase.ts';

/** What administrators are told about a model server. `at` and `since` are times of day. */
export const alertWords = {
  down: (server: string, since: string, seen: string): Phrase =>
    phrase(
      `✗ 模型服务器 ${server} 从 ${since} 起不能回答（${seen}）。发送 /doctor 查原因。`,
      `✗ The model server ${server} has not answered since ${since} (${seen}). Send /doctor to find the cause.`,
    ),
  slow: (server: string, since: string, latencyMs: number, slowMs: number): Phrase =>
    phrase(
      `? 模型服务器 ${server} 从 ${since} 起变慢：检查用了 ${seconds(latencyMs).zh}，上限 ${seconds(slowMs).zh}。`,
      `? The model server ${server} has been slow since ${since}: a check took ${seconds(latencyMs).en}, the limit is ${seconds(slowMs).en}.`,
    ),
  recovered: (server: string, since: string, lastedMs: number): Phrase =>
    phrase(
      `✓ 模型服务器 ${server} 恢复了；从 ${since} 起，持续了 ${duration(lastedMs).zh}。`,
      `✓ The model server ${server} is well again; it lasted ${duration(lastedMs).en}, from ${since}.`,
    ),
  heldBack: phrase('免打扰时段里发生的事：', 'What happened during the quiet hours:'),
} as const;

/** What administrators are told about a platform, by what it reports or what is done about it. */
export const platformAlerts = {
  'quota-exceeded': (platform: string): Phrase =>
    phrase(
      `✗ ${platform}：本月的 API 调用额度用完了。回答只在写完后发一次，直到额度恢复。`,
      `✗ ${platform}: the month’s API calls are used up. Answers come once, whole, until the quota returns.`,
    ),
  'pushes-exceeded': (platform: string): Phrase =>
    phrase(
      `✗ ${platform}：本月的推送额度用完了，平台可能不再把消息交给我。`,
      `✗ ${platform}: the month’s pushes are used up; the platform may no longer hand messages over.`,
    ),
  displaced: (platform: string): Phrase =>
    phrase(
      `✗ ${platform}：同一个机器人在别处登录了，我的连接被断开。请只保留一个实例；我会过一会儿再试。`,
      `✗ ${platform}: the same bot has logged in elsewhere and my connection was closed. Keep one instance only; I will try again in a while.`,
    ),
  'permission-withdrawn': (platform: string): Phrase =>
    phrase(
      `✗ ${platform}：平台收回了一项权限。发送 /doctor 查看缺了哪一项。`,
      `✗ ${platform}: a permission was withdrawn. Send /doctor to see which one is missing.`,
    ),
  tight: (platform: string): Phrase =>
    phrase(
      `? ${platform}：本月的调用额度不宽裕，回答时更新得少一些。发送 /status 看用量和预计。`,
      `? ${platform}: the month’s calls are running short, so replies are edited less often. /status shows use and forecast.`,
    ),
  'final-only': (platform: string): Phrase =>
    phrase(
      `? ${platform}：本月的调用额度快用完了，回答只在写完后发一次。`,
      `? ${platform}: the month’s calls are nearly used up, so answers come once, whole.`,
    ),
} as const;
