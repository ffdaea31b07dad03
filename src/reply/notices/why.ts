import type { ReplyOutcome } from '../../contract/reply.ts';
import type { AdmissionNotice } from '../../core/turn.ts';
import { count, phrase, type Phrase } from './phrase.ts';

export const why = {
  unknown: phrase(
    '没有找到这个编号。编号在你收到的回答的最后一行，例如 /why #k7p2。',
    'There is no such id. It stands in the last line of an answer you got, as in /why #k7p2.',
  ),
  nothing: phrase('你在这里还没有提过问题。', 'You have not asked anything here yet.'),
  noTrace: phrase('这次提问没有留下过程记录。', 'No record of its steps was kept.'),
  running: phrase('还在进行', 'still running'),
  refused: phrase('没有交给模型', 'not given to the model'),
  cause: phrase('原因', 'Cause'),
  server: phrase('服务器', 'Server'),
  model: phrase('模型', 'Model'),
  tokens: phrase('词元', 'Tokens'),
  edits: phrase('更新', 'Edits'),
  retries: phrase('重试', 'Retries'),
  begun: (times: number): Phrase =>
    phrase(`服务重启过，第 ${times} 次开始`, `The service was restarted; begun ${times} times`),
  tokenCounts: (prompt: number, completion: number): Phrase =>
    phrase(
      `输入 ${count(prompt)} · 输出 ${count(completion)}`,
      `${count(prompt)} in · ${count(completion)} out`,
    ),
  took: phrase('共', 'took'),
} as const;

/** How a question ended. */
export const outcomes: Readonly<Record<ReplyOutcome['status'], Phrase>> = {
  complete: phrase('已完成', 'answered'),
  continued: phrase('已完成', 'answered'),
  stopped: phrase('已停止', 'stopped'),
  failed: phrase('没有回答成', 'not answered'),
  interrupted: phrase('中断了', 'interrupted'),
};

/** The steps from a message to its whole answer, in their order. */
export const steps = {
  step: phrase('步骤', 'Step'),
  at: phrase('第几毫秒', 'At (ms)'),
  lasted: phrase('用时（毫秒）', 'Took (ms)'),
  received: phrase('收到', 'Received'),
  opened: phrase('出现回复', 'Reply shown'),
  asked: phrase('轮到它，准备好了', 'Its turn, ready to ask'),
  served: phrase('排队结束，发给模型', 'Out of line, sent to the model'),
  firstToken: phrase('第一个词元', 'First token'),
  firstText: phrase('第一个字', 'First word'),
  firstShown: phrase('第一个字显示出来', 'First word shown'),
  lastToken: phrase('模型结束', 'Model finished'),
  closed: phrase('最后一次更新', 'Last edit'),
} as const;

const administratorsCode = phrase('里面是管理员码', 'it held the administrator’s code');

/** Why a message was not given to the model. */
export const refusals: Readonly<Record<AdmissionNotice['code'], Phrase>> = {
  'too-old': phrase('收到时已经太久了', 'it had come too late'),
  'not-allowed': phrase('没有提问权限', 'no permission to ask'),
  'queue-full': phrase('排队的问题太多', 'too many questions were waiting'),
  empty: phrase('没有内容', 'it was empty'),
  unreadable: phrase('内容读不了', 'it could not be read'),
  'administrator-claimed': administratorsCode,
  'admin-code-used': administratorsCode,
  'admin-code-exposed': administratorsCode,
  'admin-code-unproven': administratorsCode,
  limit: phrase('超过了用量限制', 'a limit was reached'),
  paused: phrase('服务暂停中', 'the service was paused'),
};
