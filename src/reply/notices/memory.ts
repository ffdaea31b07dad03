import { phrase } from './phrase.ts';

/** Whose memory a chat has (`/context`). */
export const memory = {
  direct: phrase(
    '这是我们两个人的单聊，对话只属于你，从不和别人共享。',
    'This is our direct chat: the conversation is yours alone and never shared.',
  ),
  topic: phrase(
    '这个话题有自己的对话，话题里的人共用，和群里的其他对话互不相通。',
    'This topic has a conversation of its own, shared by those in it and apart from the rest of the group.',
  ),
  user: phrase(
    '本群里每个人有各自的对话，互不相通。',
    'In this group everyone has a conversation of their own.',
  ),
  group: phrase(
    '本群共用一个对话，群里人人都能接着问。',
    'This group shares one conversation, which anyone in it can go on with.',
  ),
  isDefault: phrase('（默认设置）', ' This is the default.'),
  usage: phrase(
    '管理员或群主可以切换：/context group（全组）、/context user（个人）、/context default（默认）。',
    'An administrator or the group’s owner can switch: /context group, /context user, /context default.',
  ),
  toUser: phrase(
    '好，从下一条消息起，本群里每个人有各自的对话。之前各自的对话还在，共用的那个先放着。',
    'Done: from the next message on, everyone in this group has a conversation of their own. Earlier conversations of one’s own go on; the shared one is put aside.',
  ),
  toGroup: phrase(
    '好，从下一条消息起，本群共用一个对话，请不要在这里问私事。各自的对话先放着，不会被别人看到。',
    'Done: from the next message on, this group shares one conversation, so please ask nothing private here. Everyone’s own conversation is put aside; nobody else sees it.',
  ),
  fixed: phrase('这一点不能改。', ' This cannot be changed.'),
  refused: phrase(
    '只有管理员或群主可以切换本群的对话范围。',
    'Only an administrator or the group’s owner can change whose memory this group has.',
  ),
  refusedWithoutOwner: phrase(
    '只有管理员可以切换本群的对话范围（这里查不到群主是谁）。',
    'Only an administrator can change whose memory this group has (who owns it cannot be told here).',
  ),
} as const;

/** What one may use, and what is used of it today (`/whoami`). */
export const allowance = {
  perMinute: phrase('每分钟提问', 'Questions a minute'),
  today: phrase('今天的词元', 'Tokens today'),
  unlimited: phrase('不限', 'no limit'),
  atMost: (limit: string) => phrase(`最多 ${limit} 个`, `at most ${limit}`),
  used: (used: string, limit: string) => phrase(`${used}，上限 ${limit}`, `${used} of ${limit}`),
  usedFreely: (used: string) => phrase(`${used}，不限`, `${used}, no limit`),
  owners: {
    person: phrase('', ''),
    chat: phrase('（本会话）', ' (this chat)'),
    all: phrase('（全公司）', ' (everyone together)'),
  },
  privileged: phrase('优先用户', 'privileged user'),
} as const;
