import type { TurnedAway } from '../../store/turned-away.ts';
import { count, duration, numberOfQuestions, phrase, type Phrase } from './phrase.ts';

/** `/pause` and `/resume`. `sentence` is what people who ask are told meanwhile. */
export const maintenanceWords = {
  paused: (sentence: Phrase): Phrase =>
    phrase(
      `好，服务暂停了。正在进行的回答会继续，命令和管理员的提问照常。提问的人会看到：\n\n> ${sentence.zh}\n\n发送 /resume 恢复。`,
      `Done, the service is paused. Answers in progress go on; commands work, and administrators may still ask. Whoever asks reads:\n\n> ${sentence.en}\n\n/resume ends it.`,
    ),
  /** Pausing what is paused changes the note only. */
  stillPaused: (pausedMs: number, sentence: Phrase): Phrase => {
    const since = pausedFor(pausedMs);
    return phrase(
      `${since.zh}。现在提问的人会看到：\n\n> ${sentence.zh}\n\n发送 /resume 恢复。`,
      `${since.en}. Whoever asks reads now:\n\n> ${sentence.en}\n\n/resume ends it.`,
    );
  },
  resumed: (pausedMs: number, { questions, people }: TurnedAway): Phrase => {
    const time = duration(pausedMs);
    const nobody = phrase('这段时间没有人提问。', 'Nobody asked meanwhile.');
    const some = phrase(
      `这段时间有 ${count(people)} 个人的 ${count(questions)} 个问题没有回答。`,
      `${numberOfQuestions(questions)} of ${count(people)} ${people === 1 ? 'person' : 'people'} went unanswered meanwhile.`,
    );
    const away = questions === 0 ? nobody : some;
    return phrase(
      `好，服务恢复了，共暂停 ${time.zh}。${away.zh}`,
      `Done, the service is back after ${time.en}. ${away.en}`,
    );
  },
  notPaused: phrase('服务没有暂停。', 'The service is not paused.'),
  noteTooLong: (most: number): Phrase =>
    phrase(
      `说明太长了，最多 ${most} 个字。服务没有暂停。`,
      `The note is too long, ${most} characters at most. The service was not paused.`,
    ),
} as const;

/** `服务已暂停 3 分 12 秒`: no full stop, for a line of its own in an overview. */
export function pausedFor(pausedMs: number): Phrase {
  const time = duration(pausedMs);
  return phrase(`服务已暂停 ${time.zh}`, `The service has been paused for ${time.en}`);
}
