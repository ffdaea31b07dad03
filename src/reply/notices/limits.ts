import type { LimitReached } from '../../core/limits.ts';
import { count, numberOfQuestions, phrase, type Phrase } from './phrase.ts';

/** `14:03`, or `明天 00:00` when that is on another day. `now` is when the sentence is made. */
function clockTime(at: number, now: number, timeZone: string): Phrase {
  const read = (value: number): { readonly day: string; readonly time: string } => {
    const day = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(value);
    const time = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' }).format(value);
    return { day, time: time.endsWith(':00') ? time.slice(0, 5) : time };
  };
  // Rounded up to a whole second, so that the time named is never too early.
  const then = read(Math.ceil(at / 1000) * 1000);
  if (then.day === read(now).day) return phrase(then.time, `at ${then.time}`);
  return phrase(`明天 ${then.time}`, `tomorrow at ${then.time}`);
}

const owners = {
  person: phrase('你', 'you'),
  chat: phrase('这个会话', 'this chat'),
  all: phrase('全公司', 'everyone together'),
} as const;

/** Whose limit it is, what was used and when it will work again; an administrator can help. */
export function limitReached(
  { owner, measure, limit, used, until }: LimitReached,
  now: number,
  timeZone: string,
): Phrase {
  const again = clockTime(until, now, timeZone);
  const whose = owners[owner];
  if (measure === 'tokensPerDay')
    return phrase(
      `${whose.zh}今天的额度用完了（${count(used)} / ${count(limit)} 词元），${again.zh} 恢复。需要更多请找管理员。`,
      `The tokens ${whose.en} may use today are used up (${count(used)} of ${count(limit)}); it works again ${again.en}. An administrator can give more.`,
    );
  if (limit === 0)
    return phrase(
      `${whose.zh}的提问额度是 0，现在不能提问。需要请找管理员。`,
      `No questions are allowed for ${whose.en} at the moment. An administrator can change that.`,
    );
  return phrase(
    `${whose.zh}一分钟最多提 ${count(limit)} 个问题，已经到了。${again.zh} 之后可以继续，在那之前的消息我不会回答。`,
    `At most ${numberOfQuestions(limit)} a minute ${limit === 1 ? 'is' : 'are'} allowed for ${whose.en}, and that is reached. It works again ${again.en}; messages before then are not answered.`,
  );
}

/** An administrator has paused the service. */
export function paused(note: string): Phrase {
  const said = note === '' ? phrase('', '') : phrase(`：${note}`, `: ${note}`);
  return phrase(
    `服务正在维护，暂时不回答问题${said.zh}。请稍后再来。`,
    `The service is paused for maintenance${said.en}. Please come back later.`,
  );
}
