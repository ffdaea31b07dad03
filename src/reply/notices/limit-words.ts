import type { Measure } from '../../core/limits.ts';
import type { LimitValue } from '../../store/policy.ts';
import { count, numberOfQuestions, phrase, type Phrase } from './phrase.ts';

/** What `/limit` says. */
export const limitWords = {
  title: phrase('**提问额度**', '**How much may be asked**'),
  whom: phrase('对象', 'Whom'),
  perMinute: phrase('每分钟提问', 'Questions a minute'),
  perDay: phrase('每天词元', 'Tokens a day'),
  kinds: {
    'each-person': phrase('每人', 'each person'),
    'each-vip': phrase('每位 VIP', 'each VIP'),
    'each-chat': phrase('每个会话', 'each chat'),
    all: phrase('全部合计', 'everybody together'),
  },
  one: phrase('这一位', 'this one'),
  own: phrase('单独设置：', 'Set for one:'),
  vips: phrase('VIP：', 'VIPs:'),
  done: (whom: string, amounts: string): Phrase =>
    phrase(`好，${whom}现在是：${amounts}。`, `Done. For ${whom} it is now: ${amounts}.`),
  nowVip: (people: number): Phrase =>
    phrase(`好，${people} 人现在按 VIP 额度。`, `Done: the limits of VIPs hold for ${people} now.`),
  nowNormal: (people: number): Phrase =>
    phrase(`好，${people} 人恢复普通额度。`, `Done: the ordinary limits hold for ${people} again.`),
  usage: phrase(
    [
      '用法：`/limit 对象 额度`',
      '- 对象：`person`（每人）、`vip`、`chat`（每个会话）、`all`（合计），或一个编号（如 `/whoami` 所示：`平台:用户`、`平台:chat:会话`）',
      '- 额度：`30/min`、`200000/day`（也可写 `20万/天`）、`none/day`（不限）、`default`（恢复默认）',
      '- `/limit vip 编号` 设为 VIP，`/limit normal 编号` 取消',
    ].join('\n'),
    [
      'Use: `/limit whom amount`',
      '- whom: `person` (each), `vip`, `chat` (each), `all` (together), or an id as `/whoami` shows it: `platform:user`, `platform:chat:chat`',
      '- amount: `30/min`, `200000/day`, `none/day` (no limit), `default`',
      '- `/limit vip id` makes someone a VIP, `/limit normal id` takes that back',
    ].join('\n'),
  ),
} as const;

/** `每分钟 30 个问题`, `每天词元不限`. */
export function valueWords(measure: Measure, value: LimitValue): Phrase {
  const limited = typeof value === 'number';
  if (measure === 'requestsPerMinute')
    return limited
      ? phrase(`每分钟 ${count(value)} 个问题`, `${numberOfQuestions(value)} a minute`)
      : phrase('每分钟不限', 'any number a minute');
  return limited
    ? phrase(`每天 ${count(value)} 词元`, `${count(value)} tokens a day`)
    : phrase('每天词元不限', 'any number of tokens a day');
}
