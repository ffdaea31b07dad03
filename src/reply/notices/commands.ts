import { phrase, type Phrase } from './phrase.ts';

export const summaries = {
  help: phrase('看看我会什么', 'what I can do'),
  new: phrase('开始新对话，忘掉之前的内容', 'start afresh; earlier turns are forgotten'),
  stop: phrase('停止正在进行的回答', 'stop the answer in progress'),
  retry: phrase('重新回答上一个问题', 'answer the last question again'),
  think: phrase(
    '让模型先思考再回答（/think on、/think off）',
    'let the model think before it answers (/think on, /think off)',
  ),
  model: phrase('选择这个对话用的模型', 'choose the model for this conversation'),
  assistant: phrase('选择由哪个助手回答', 'choose which assistant answers'),
  whoami: phrase('你的编号、身份和对话范围', 'your id, your role and whose memory you use'),
  context: phrase('群里的对话是各自的还是共用的', 'whether the people of a group share one conversation'),
  forget: phrase('删除我存的你的全部记录', 'erase everything I have stored of you'),
  lang: phrase('切换语言（/lang zh、/lang en）', 'switch language (/lang zh, /lang en)'),
  usage: phrase('你今天和本月的用量', 'what you used today and this month'),
  why: phrase('一个回答用了多久、慢在哪里（/why #编号）', 'how long an answer took, and where (/why #id)'),
  users: phrase('谁在用，谁是管理员', 'who uses me, and who is administrator'),
  allow: phrase('允许某人、某群或某平台提问', 'let a person, a chat or a platform ask'),
  deny: phrase('禁止某人、某群或某平台提问', 'let a person, a chat or a platform ask no more'),
  audit: phrase('管理员最近做了什么，拒绝了谁', 'what administrators did lately, and who was refused'),
  status: phrase('服务和模型服务器的状态', 'state of the service and of the model server'),
  doctor: phrase('逐项检查并指出原因', 'check everything and name the cause'),
  models: phrase('模型服务器上有哪些模型，哪些可以选', 'the models there are, and which can be chosen'),
  queue: phrase('正在处理和排队的问题，可以停止', 'what runs and waits now, and how to stop it'),
  pause: phrase('暂停服务，提问的人会看到维护说明', 'pause the service; whoever asks is told'),
  resume: phrase('恢复服务', 'end the pause'),
  broadcast: phrase('给用过我的会话发通知', 'announce something to all chats that use me'),
  limit: phrase('谁每分钟、每天可以用多少', 'how much may be used a minute and a day'),
} as const;

export const commandWords = {
  help: {
    group: phrase(
      '@我 提问就行，可以带图片，也可以引用别人的消息。还可以 @我 发送这些命令：',
      'Mention me to ask, with pictures or a quoted message if you like. Mention me with one of these, too:',
    ),
    direct: phrase(
      '直接问我就行，可以带图片，也可以引用之前的消息。还可以发送这些命令：',
      'Just ask, with pictures or a quoted message if you like. These commands help:',
    ),
    forAdministrators: phrase('**管理员命令**', '**For administrators**'),
  },
  newDone: phrase('好，新对话开始了。', 'Done, this is a new conversation.'),
  stopped: (answers: number): Phrase =>
    phrase(`已停止 ${answers} 个回答。`, `Stopped ${answers} ${answers === 1 ? 'answer' : 'answers'}.`),
  nothingToStop: phrase('现在没有正在进行的回答。', 'No answer is in progress.'),
  nothingToRetry: phrase('还没有可以重试的问题。', 'There is no question to answer again yet.'),
  languageSet: { zh: '好，之后用中文。', en: 'Done, English from now on.' } satisfies Phrase,
  languageUsage: phrase(
    '请发送 /lang zh（中文）或 /lang en（英文）。',
    'Please send /lang zh (Chinese) or /lang en (English).',
  ),
  thinkUsage: phrase(
    '发送 /think on 打开，/think off 关闭，/think auto 恢复默认。',
    'Send /think on, /think off, or /think auto for the default.',
  ),
  refused: phrase('这个命令只有管理员可以用。', 'Only administrators can use this command.'),
  unknown: (nearest: string): Phrase =>
    phrase(
      `没有这个命令。你是不是想用 /${nearest}？发送 /help 查看全部命令。`,
      `There is no such command. Did you mean /${nearest}? /help lists all of them.`,
    ),
  failed: phrase(
    '这个命令没能完成，请稍后再试。',
    'The command could not be carried out; please try again later.',
  ),
} as const;

export const thinking = {
  isOn: phrase(
    '这个对话里，模型会先思考再回答。',
    'In this conversation the model thinks before it answers.',
  ),
  isOff: phrase(
    '这个对话里，模型不思考，直接回答。',
    'In this conversation the model answers without thinking.',
  ),
  byDefault: phrase(
    '这个对话用模型服务器的默认设置。',
    'This conversation leaves thinking to the model server’s default.',
  ),
  toOn: phrase(
    '好，之后先思考再回答，会慢一些。',
    'Done: it thinks before it answers now, which takes longer.',
  ),
  toOff: phrase('好，之后直接回答。', 'Done: it answers without thinking now.'),
  toDefault: phrase('好，恢复模型服务器的默认设置。', 'Done: back to the model server’s default.'),
  noSwitch: phrase(
    '注意：现在的模型没有这个开关，可能不会有变化。',
    'Note: the model in use has no such switch, so this may change nothing.',
  ),
} as const;

export const usage = {
  own: phrase('**你的用量**', '**What you used**'),
  everyoneToday: phrase('全部用量：今天', 'Everybody, today'),
  everyoneMonth: phrase('全部用量：本月', 'Everybody, this month'),
  period: phrase('时间', 'Period'),
  today: phrase('今天', 'Today'),
  month: phrase('本月', 'This month'),
  questions: phrase('提问', 'Questions'),
  prompt: phrase('输入词元', 'Tokens in'),
  completion: phrase('输出词元', 'Tokens out'),
  platform: phrase('平台', 'Platform'),
  model: phrase('模型', 'Model'),
  noModel: phrase('（未回答）', '(not answered)'),
  total: phrase('合计', 'Total'),
} as const;

export const whoami = {
  entry: phrase('编号', 'Id'),
  role: phrase('身份', 'Role'),
  admin: phrase('管理员', 'administrator'),
  employee: phrase('普通用户', 'user'),
  memory: phrase('对话范围', 'Memory'),
  language: phrase('语言', 'Language'),
  chat: phrase('会话', 'Chat'),
} as const;
