import { duration } from './commands.ts';
import { phrase, seconds, type Phrase } from './phrase.ts';

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
