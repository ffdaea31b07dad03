import { count, phrase, type Phrase } from './phrase.ts';

/** `/queue`: what is being worked on now. */
export const queueWords = {
  empty: phrase('现在没有正在处理的问题。', 'No question is being worked on.'),
  summary: (answering: number, waiting: number): Phrase =>
    phrase(
      `正在回答 ${count(answering)} 个，排队 ${count(waiting)} 个。`,
      `${count(answering)} being answered, ${count(waiting)} waiting.`,
    ),
  more: (left: number): Phrase =>
    phrase(`还有 ${count(left)} 个没有列出。`, `${count(left)} more not listed.`),
  usage: phrase(
    '发送 /queue stop #编号 停止一个，/queue stop all 停止全部。',
    '/queue stop #id ends one, /queue stop all ends all.',
  ),
  stopped: (questions: number): Phrase =>
    phrase(
      `已停止 ${count(questions)} 个，提问的人会看到是管理员停止的。`,
      `Stopped ${count(questions)}; whoever asked reads that an administrator did.`,
    ),
  unknown: phrase(
    '没有正在处理的问题是这个编号，可能刚刚结束。发送 /queue 查看。',
    'No question with this id is being worked on; it may just have ended. /queue shows them.',
  ),
  id: phrase('编号', 'Id'),
  platform: phrase('平台', 'Platform'),
  person: phrase('谁', 'Who'),
  state: phrase('状态', 'State'),
  since: phrase('已过', 'For'),
  answering: phrase('正在回答', 'answering'),
  preparing: phrase('正在准备', 'preparing'),
  elsewhere: phrase('在另一个进程上', 'on another process'),
  lane: (ahead: number): Phrase =>
    phrase(`等同一对话的前 ${ahead} 个`, `behind ${ahead} of the same conversation`),
  line: (ahead: number): Phrase =>
    phrase(`等模型，前面 ${ahead} 个`, `in line for the model, ${ahead} ahead`),
} as const;
