import { count, numberOfQuestions, phrase, type Phrase } from './phrase.ts';

function amount(questions: number, pictures: number): Phrase {
  const zh = `${count(questions)} 个问题和回答`;
  const en = `${numberOfQuestions(questions)} of yours with ${questions === 1 ? 'its answer' : 'their answers'}`;
  if (pictures === 0) return phrase(zh, en);
  return phrase(
    `${zh}，还有 ${count(pictures)} 张图片`,
    `${en}, and ${count(pictures)} ${pictures === 1 ? 'picture' : 'pictures'}`,
  );
}

/** Erasing one's own history, and what was erased. */
export const privacy = {
  /** Asked first: how much it is, what stays, and how to go on. */
  ask(questions: number, pictures: number): Phrase {
    const { zh, en } = amount(questions, pictures);
    return phrase(
      `我这里存着你在这个平台上的 ${zh}，群聊和单聊都算。删除后无法恢复，只留下用量计数；聊天窗口里的消息要你自己删。\n\n确定的话，发送 /forget confirm（或 /忘记 确认）。`,
      `On this platform I hold ${en}, from groups and our direct chat. What is erased cannot be brought back; only counters of use remain, and messages in the chat itself are yours to delete.\n\nTo go on, send /forget confirm.`,
    );
  },
  nothing: phrase('我这里没有存你的任何对话。', 'I hold nothing of yours.'),
  done(questions: number, pictures: number): Phrase {
    const { zh, en } = amount(questions, pictures);
    return phrase(`已删除：你的 ${zh}。我不再记得它们。`, `Erased: ${en}. I remember none of it.`);
  },
  /** Said under the above when the storage still held a trace at that moment. */
  later: phrase(
    '数据库文件里残留的痕迹会在一小时内清除。',
    'The last traces in the database’s files go within the hour.',
  ),
  unproven: phrase(
    '这个连接方式证明不了消息是你本人发的，所以不能在这里删除。请联系管理员。',
    'This connection cannot prove that the message is yours, so nothing is erased from here. Please ask an administrator.',
  ),
  /** A button under an answer whose question is no longer known. */
  gone: phrase('这个问题已经删除了', 'This question has been erased'),
} as const;
