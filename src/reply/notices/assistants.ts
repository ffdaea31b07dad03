import type { InForceBy } from '../../assistants/in-force.ts';
import { phrase, type Phrase } from './phrase.ts';

const by: Readonly<Record<InForceBy, Phrase>> = {
  choice: phrase('这个对话自己选的', 'chosen in this conversation'),
  binding: phrase('本会话绑定的', 'bound to this chat'),
  file: phrase('本会话绑定的', 'bound to this chat'),
  default: phrase('默认的', 'the default'),
};

/** `/assistant` */
export const assistantWords = {
  present: (title: Phrase, name: string, why: InForceBy): Phrase =>
    phrase(
      `现在由**${title.zh}**（\`${name}\`，${by[why].zh}）回答。`,
      `**${title.en}** (\`${name}\`, ${by[why].en}) answers here.`,
    ),
  nobody: phrase('现在没有用助手，我直接回答。', 'No assistant is in use; I answer as I am.'),
  noneThere: phrase('还没有可以选的助手。', 'There is no assistant to choose yet.'),
  howToAdd: phrase(
    '在配置里写上 ASSISTANTS_FILE 并重启，写法见 docs/assistants.md。',
    'Set ASSISTANTS_FILE and restart; docs/assistants.md says how to write the file.',
  ),
  list: phrase('可以选的助手：', 'Assistants to choose from:'),
  usage: phrase(
    '发送 /assistant 加名字来选择，/assistant default 恢复默认。',
    'Send /assistant with a name to choose one, /assistant default for the default.',
  ),
  stewardUsage: phrase(
    '管理员还可以：/assistant bind 名字 绑定到本会话，/assistant unbind 解除，/assistant reload 重新读取文件。',
    'Administrators can also bind one to this chat with /assistant bind <name>, undo that with /assistant unbind, and read the file again with /assistant reload.',
  ),
  chosen: (title: Phrase): Phrase =>
    phrase(
      `好，这个对话之后由**${title.zh}**回答。`,
      `Done: **${title.en}** answers in this conversation from now on.`,
    ),
  reset: (now: Phrase): Phrase => phrase(`好，恢复默认。${now.zh}`, `Done, back to the default. ${now.en}`),
  unknown: phrase('没有这个助手。', 'There is no such assistant.'),
  bound: (title: Phrase): Phrase =>
    phrase(
      `好，本会话之后由**${title.zh}**回答。自己选过助手的对话不变。`,
      `Done: **${title.en}** answers in this chat from now on. Conversations that chose one of their own keep it.`,
    ),
  unbound: (now: Phrase): Phrase => phrase(`好，已解除绑定。${now.zh}`, `Done, no longer bound. ${now.en}`),
  bindWhich: phrase('请写上名字：/assistant bind 名字。', 'Please name one: /assistant bind <name>.'),
  refusedToBind: phrase(
    '只有管理员或群主可以为本会话绑定助手。',
    'Only an administrator or the group’s owner can bind an assistant to this chat.',
  ),
  refusedToReload: phrase(
    '只有管理员可以重新读取助手文件。',
    'Only an administrator can have the file read again.',
  ),
  loaded: (count: number): Phrase =>
    phrase(
      `好，已读取 ${count} 个助手，从下一个问题起生效。`,
      `Done: ${count} read, in force from the next question on.`,
    ),
  noFile: phrase('没有设置 ASSISTANTS_FILE。', 'ASSISTANTS_FILE is not set.'),
  faulty: (count: number): Phrase =>
    phrase(
      `文件里有 ${count} 处要改，先继续用原来的：`,
      `${count} places in the file need a change; the former one stays in force:`,
    ),
  moreFaults: (count: number): Phrase => phrase(`还有 ${count} 处。`, `And ${count} more.`),
  line: (line: number): Phrase => phrase(`第 ${line} 行`, `Line ${line}`),
  wholeFile: phrase('文件', 'The file'),
  expected: (expected: string): Phrase => phrase(`应为 ${expected}`, `expected ${expected}`),
  faultsSent: phrase(
    '文件里有要改的地方，先继续用原来的。详情发到了和你的单聊。',
    'The file has faults; the former one stays in force. The details are in our direct chat.',
  ),
  faultsAsk: phrase(
    '文件里有要改的地方，先继续用原来的。请在和我的单聊里发送 /assistant reload 看详情。',
    'The file has faults; the former one stays in force. Send /assistant reload in our direct chat for the details.',
  ),
} as const;
