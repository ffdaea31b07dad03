import { count, duration, numberOfQuestions, phrase, type Phrase } from './phrase.ts';

const howToName = phrase(
  '编号写成 `平台:用户编号`、`平台:chat:会话编号` 或 `平台:*`；本人发送 /whoami 能看到，管理员用 /users 能查到。',
  'Write `platform:userId`, `platform:chat:chatId` or `platform:*`; people see theirs with /whoami, administrators find them with /users.',
);

/** What became of one entry of `/allow` or `/deny`. */
export const accessOutcomes = {
  listed: phrase('已加入名单，可以提问', 'on the list now, may ask'),
  alreadyListed: phrase('已经在名单上', 'on the list already'),
  denialLifted: phrase('已取消禁止，可以提问', 'no longer denied, may ask'),
  mayAskAnyway: phrase('现在所有人都可以提问，不用添加', 'everyone may ask at present, nothing to add'),
  denied: phrase('已禁止提问', 'may no longer ask'),
  alreadyDenied: phrase('已经是禁止的', 'denied already'),
  administrator: phrase('是管理员，不能禁止', 'is an administrator and cannot be denied'),
} as const;

export type AccessOutcome = keyof typeof accessOutcomes;

export const access = {
  notAnId: phrase(
    `这不是编号，名字和 @ 都不算。${howToName.zh}`,
    `This is no id; names and mentions do not count. ${howToName.en}`,
  ),
  everyone: phrase('**谁可以提问**：所有人', '**Who may ask**: everyone'),
  listed: phrase(
    '**谁可以提问**：管理员和名单上的人',
    '**Who may ask**: administrators and those on the list',
  ),
  configured: phrase('名单（ALLOW）', 'On the list (ALLOW)'),
  added: phrase('名单（管理员添加）', 'On the list (added by administrators)'),
  unused: phrase('名单（现在没有启用）', 'On the list (not in use at present)'),
  denied: phrase('禁止', 'Denied'),
  nobody: phrase('没有', 'nobody'),
  more: (left: number): Phrase => phrase(`还有 ${count(left)} 个`, `${count(left)} more`),
  counts: (listed: number, denied: number): Phrase =>
    phrase(
      `名单上 ${count(listed)} 个，禁止 ${count(denied)} 个。编号请在和我的单聊里查看。`,
      `${count(listed)} on the list, ${count(denied)} denied. Ids are shown in a direct chat with me.`,
    ),
  usage: phrase(
    `用法：/allow 编号，/deny 编号；/allow 名单 只让名单上的人提问，/allow 所有人 恢复。${howToName.zh}`,
    `Use /allow id, /deny id; /allow listed closes to the list, /allow everyone opens again. ${howToName.en}`,
  ),
  nowListed: (listed: number): Phrase =>
    phrase(
      `好，现在只有管理员和名单上的 ${count(listed)} 个可以提问。用 /allow 编号 添加。`,
      `Done: only administrators and the ${count(listed)} on the list may ask now. Add with /allow id.`,
    ),
  nowEveryone: phrase(
    '好，现在所有人都可以提问，禁止的除外。',
    'Done: everyone may ask now, except those denied.',
  ),
  fixedByConfiguration: phrase(
    '名单写在服务器的 ALLOW 里，聊天里不能取消。去掉 ALLOW 并重启之后才可以。',
    'The list comes from ALLOW on the server and cannot be opened from a chat; remove ALLOW and restart for that.',
  ),
  platformStillDenied: phrase(
    '注意：整个平台仍然是禁止的，禁止优先。',
    'Note: the whole platform is still denied, and a denial comes first.',
  ),
} as const;

export const users = {
  administrators: phrase('**管理员**', '**Administrators**'),
  fromConfiguration: phrase('来自 ADMINS', 'from ADMINS'),
  byCode: phrase('用管理员码认领', 'claimed with the code'),
  addedBy: (whose: string): Phrase => phrase(`由 ${whose} 添加`, `added by ${whose}`),
  recent: phrase('**最近 30 天**', '**The last 30 days**'),
  questions: (questions: number): Phrase =>
    phrase(`${count(questions)} 个问题`, numberOfQuestions(questions)),
  ago: (milliseconds: number): Phrase => {
    const past = duration(milliseconds);
    return phrase(`${past.zh}前`, `${past.en} ago`);
  },
  vip: phrase('VIP', 'VIP'),
  denied: phrase('已禁止', 'denied'),
  nobody: phrase('没有找到。', 'Nobody was found.'),
  more: (left: number): Phrase =>
    phrase(
      `还有 ${count(left)} 人没有列出；发送 /users 加上编号或名字的一部分来筛选。`,
      `${count(left)} more are not listed; send /users with part of an id or name to filter.`,
    ),
  usage: phrase(
    '/users admin 编号 设为管理员，/users user 编号 恢复为普通用户。',
    '/users admin id makes an administrator, /users user id takes the role away.',
  ),
  onePerson: phrase(
    '请写一个人的编号，形如 `平台:用户编号`；名字和 @ 都不算。本人发送 /whoami 能看到，管理员用 /users 能查到。',
    'Please name one person as `platform:userId`; names and mentions do not count. People see theirs with /whoami, administrators find them with /users.',
  ),
  isAdministrator: phrase('已经是管理员了。', 'That is an administrator already.'),
  isNone: phrase('这个人不是管理员。', 'That is not an administrator.'),
  made: phrase('好，已设为管理员。', 'Done, an administrator now.'),
  unmade: phrase('好，已恢复为普通用户。', 'Done, no administrator any more.'),
  configured: phrase(
    '这位管理员写在服务器的 ADMINS 里，聊天里不能取消。',
    'This administrator comes from ADMINS on the server and cannot be removed from a chat.',
  ),
  last: phrase(
    '这是最后一位管理员，取消之后就没有人能管理了。请先设一位新的。',
    'This is the last administrator; nobody could steer any more. Please make another one first.',
  ),
  seeDirectChat: phrase('名单在和我的单聊里。', 'The list is in your direct chat with me.'),
  useDirectChat: phrase(
    '名单里有编号，请在和我的单聊里发送 /users。',
    'The list names people: please send /users in a direct chat with me.',
  ),
} as const;

export const audit = {
  title: phrase('**最近的操作和拒绝**', '**Latest acts and refusals**'),
  nothing: phrase('还没有记录。', 'Nothing is recorded yet.'),
  usage: phrase(
    '用法：/audit 条数 编号，例如 /audit 20 或 /audit 平台:用户编号。',
    'Use /audit count id, such as /audit 20 or /audit platform:userId.',
  ),
  seeDirectChat: phrase('记录在和我的单聊里。', 'The records are in your direct chat with me.'),
  useDirectChat: phrase(
    '记录里有编号，请在和我的单聊里发送 /audit。',
    'The records name people: please send /audit in a direct chat with me.',
  ),
} as const;
