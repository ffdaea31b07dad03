import type { Tally } from '../../store/broadcasts.ts';
import { count, phrase, type Phrase } from './phrase.ts';

/** Chats of one platform that a broadcast goes to. */
export type PlatformShare = { readonly platform: string; readonly groups: number; readonly direct: number };

const chats = (value: number): string => (value === 1 ? 'chat' : 'chats');
const none: Phrase = phrase('', '');

/** `/broadcast`: what will be sent, to whom, and what became of it. */
export const broadcastWords = {
  usage: phrase(
    '请发送 /broadcast 加上要通知的内容。我会先给你看发给多少个会话，确认后才发送。',
    'Please send /broadcast and what is to be announced. I show you first how many chats it goes to; nothing is sent before you confirm.',
  ),
  ready: (total: number): Phrase =>
    phrase(`**将发给 ${count(total)} 个会话：**`, `**This goes to ${count(total)} ${chats(total)}:**`),
  share: ({ platform, groups, direct }: PlatformShare): Phrase =>
    phrase(
      `${platform}：群 ${count(groups)} 个，私聊 ${count(direct)} 个`,
      `${platform}: ${count(groups)} ${groups === 1 ? 'group' : 'groups'}, ${count(direct)} direct ${chats(direct)}`,
    ),
  unreachable: (left: number): Phrase =>
    phrase(
      `另有 ${count(left)} 个会话，平台不允许主动发消息，收不到。`,
      `${count(left)} more ${chats(left)} cannot be reached: the platform takes no messages there unasked.`,
    ),
  text: phrase('**内容：**', '**Text:**'),
  confirm: (code: string, minutes: number): Phrase =>
    phrase(
      `${minutes} 分钟内发送 \`/broadcast confirm ${code}\` 开始发送。不确认就不会发。`,
      `Send \`/broadcast confirm ${code}\` within ${minutes} minutes to begin. Without it nothing is sent.`,
    ),
  nobody: (unreachable: number): Phrase => {
    const left = unreachable === 0 ? none : broadcastWords.unreachable(unreachable);
    return phrase(
      `最近 30 天没有可以通知的会话，什么都没有发。${left.zh}`,
      `No chat used within the last 30 days can be told; nothing was sent. ${left.en}`.trim(),
    );
  },
  tooLong: (adapter: string, maxBytes: number): Phrase =>
    phrase(
      `内容太长，${adapter} 的一条消息放不下（最多 ${count(maxBytes)} 字节，一个汉字 3 字节）。请写短一些。`,
      `The text is too long for one message of ${adapter} (${count(maxBytes)} bytes at most). Please shorten it.`,
    ),
  unknownCode: phrase(
    '没有等待确认的广播用这个确认码，可能已经用过或过期了。请重新发送 /broadcast 加上内容。',
    'No announcement waits for this code; it may be used or too old. Please send /broadcast and the text again.',
  ),
  busy: phrase(
    '另一条广播正在发送。等它结束，或先发送 /broadcast stop。',
    'Another announcement is being sent. Let it finish, or send /broadcast stop first.',
  ),
  progress: (done: number, total: number): Phrase =>
    phrase(`正在发送 ${count(done)} / ${count(total)}…`, `Sending ${count(done)} of ${count(total)}…`),
  nothingToStop: phrase('现在没有正在发送的广播。', 'No announcement is being sent.'),
  /** What became of it, once nothing more is sent. */
  outcome: (tally: Tally): Phrase => {
    const [sent, failed, unsure, left] = (['sent', 'failed', 'unsure', 'waiting'] as const).map(
      (state) => tally.get(state) ?? 0,
    ) as [number, number, number, number];
    const parts = [
      left > 0
        ? phrase('广播已停止。', 'The announcement was stopped.')
        : phrase('广播发完了。', 'The announcement is out.'),
      phrase(`已发送 ${count(sent)} 个会话`, `Sent to ${count(sent)} ${chats(sent)}`),
      failed > 0 ? phrase(`，${count(failed)} 个没能送达`, `, ${count(failed)} could not be reached`) : none,
      left > 0 ? phrase(`，${count(left)} 个没有发`, `, ${count(left)} were not sent`) : none,
      phrase('。', '.'),
      unsure > 0
        ? phrase(
            `${count(unsure)} 个不确定是否送达，为了不重复没有再发。`,
            ` Whether ${count(unsure)} got it is not certain; they are not told twice.`,
          )
        : none,
    ];
    const [first = none, ...rest] = parts;
    return phrase(
      [first, ...rest].map(({ zh }) => zh).join(''),
      `${first.en} ${rest.map(({ en }) => en).join('')}`,
    );
  },
} as const;
