const words = {
  title: ['聊天里的 Qwen · 演示', 'Qwen in your chats · Demo'],
  tagline: [
    '真实的服务，连接模拟的聊天平台：你看到的每一步都真实发生',
    'The real service on simulated chat platforms: every step you see really happens',
  ],
  gone: ['演示服务没有响应，它可能已经结束。', 'The demo does not respond; it may have ended.'],
  linkLost: ['和演示服务的连接断了，正在重连…', 'The connection to the demo was lost; trying again…'],
  backstage: ['幕后', 'Behind the scenes'],
  backToChat: ['回到聊天', 'Back to the chat'],
  speakAs: ['你现在是', 'You are'],
  speakHint: [
    '换一个人发言；管理员可以用 /status',
    'Speak as someone else; the administrator may use /status',
  ],
  admin: ['管理员', 'Administrator'],
  groupOf: ['人', 'people'],
  directHint: ['单聊：不用 @，直接说', 'Direct chat: no mention needed'],
  botRole: ['机器人', 'Bot'],
  emptyDirect: ['这里还没有消息，直接提问就行。', 'Nothing here yet; just ask.'],
  placeholderGroup: ['输入 @{bot} 提问，可以粘贴或拖入图片', 'Type @{bot} to ask; paste or drop pictures'],
  placeholderDirect: ['直接提问，可以粘贴或拖入图片', 'Just ask; paste or drop pictures'],
  send: ['发送', 'Send'],
  picture: ['图片', 'Picture'],
  sample: ['示例报表', 'Sample chart'],
  sampleHint: ['没有图片？画一张报表附上', 'No picture at hand? This draws a chart for you'],
  others: ['其他消息', 'Other kinds'],
  file: ['文件', 'File'],
  audio: ['语音', 'Voice'],
  video: ['视频', 'Video'],
  media: ['视频', 'Video'],
  sticker: ['表情包', 'Sticker'],
  location: ['位置', 'Location'],
  share_user: ['名片', 'Contact'],
  merge_forward: ['合并转发', 'Forwarded messages'],
  notMentioned: [
    '没有 @{bot}：{platform}不会把这条群消息推给机器人',
    'Without @{bot} {platform} does not push this group message to the bot',
  ],
  othersInGroup: [
    '这类消息不能 @，{platform}不会从群里推给机器人；换到单聊试试',
    'Such messages cannot mention anyone, so {platform} does not push them from a group; try the direct chat',
  ],
  reply: ['回复', 'Reply'],
  inTopic: ['话题', 'Topic'],
  recall: ['撤回', 'Recall'],
  again: ['重复投递 ×5', 'Deliver ×5'],
  againHint: [
    '平台可能把同一条消息推送多次：再推 5 次，应当仍只有一条回答',
    'A platform may push one message several times: push it 5 more times, and there should still be one answer',
  ],
  againLast: ['把最后一条消息再投递 5 次', 'Deliver the last message 5 more times'],
  againDone: ['又投递了 5 次，请看还是不是一条回答', 'Delivered 5 more times: still one answer?'],
  recalled: ['撤回了一条消息', 'recalled a message'],
  deleted: ['这条消息已删除', 'This message was deleted'],
  replyTo: ['回复', 'In reply to'],
  topicOf: ['在话题中回复', 'In the topic of'],
  topicReplies: ['条话题回复', 'replies in this topic'],
  cancel: ['取消', 'Cancel'],
  streaming: ['生成中', 'Streaming'],
  cardFacts: ['次更新', 'updates'],
  card: ['[卡片]', '[Card]'],
  pictureMark: ['[图片]', '[Picture]'],
  expand: ['展开', 'Show'],
  page: ['页', 'page'],
  pressFailed: ['按钮没有得到应答', 'The button got no answer'],
  how_feishu: [
    '长连接收消息，CardKit 卡片逐字更新',
    'Messages by long connection; answers grow in CardKit cards',
  ],
  how_dingtalk: [
    'Stream 长连接收消息，AI 卡片流式更新；撤回消息时钉钉不通知机器人',
    'Messages by Stream; answers grow in AI cards. DingTalk tells no bot of recalled messages',
  ],
  how_wecom: [
    '智能机器人长连接收消息，流式消息逐步更新；撤回消息时企业微信不通知机器人',
    'Messages by the AI bot’s long connection; answers grow in streamed messages. WeCom tells no bot of recalled messages',
  ],
  aiWorking: ['处理中…', 'Working on it…'],
  blankCard: ['（文字过长，客户端显示为空白）', '(The text is too long: clients show an empty card)'],
  thinking: ['思考过程', 'Reasoning'],
  expired: ['（这条流式消息已过期）', '(This streamed message has expired)'],
  wecomStop: [
    '企业微信的流式消息没有按钮：发“@{bot} /stop”停止，“@{bot} /retry”重试',
    'WeCom’s streamed messages have no buttons: send “@{bot} /stop” to stop, “@{bot} /retry” to try again',
  ],
  good: ['有帮助', 'Helpful'],
  bad: ['没帮助', 'Not helpful'],
  rated: ['评价已推送给机器人', 'The bot was told of your verdict'],
  ratingGone: ['评价已收回', 'Your verdict was withdrawn'],
  tryThese: ['试试看', 'Try'],
  tryTable: ['@{bot} 用表格比较各部门的预算和支出', '@{bot} compare the departments in a table'],
  tryPicture: ['@{bot} 这张报表里哪个部门超支了？', '@{bot} which department is over budget in this chart?'],
  tryThink: ['@{bot} 想想再回答：这段代码怎么写？', '@{bot} think first: how would you write this code?'],
  tryStatus: ['@{bot} /status', '@{bot} /status'],
  figures: ['最近一次回答', 'The latest answer'],
  firstCard: ['提问 → 卡片出现', 'Question → card'],
  firstText: ['模型首字 → 屏幕', 'First token → screen'],
  callsPerAnswer: ['这次回答的平台调用', 'Platform calls for it'],
  refusedCalls: ['被平台拒绝的调用', 'Calls refused'],
  faults: ['让它出点问题', 'Make something fail'],
  faultsHint: [
    '任何故障下，提问的人都应当得到一条有结尾的回答。',
    'Whatever fails, the person who asked should get one answer that ends.',
  ],
  modelFault: ['模型服务器', 'Model server'],
  mode_normal: ['正常', 'Normal'],
  mode_slow: ['很慢', 'Slow'],
  mode_cut: ['答到一半断开', 'Cut in mid-answer'],
  mode_restarting: ['正在重启', 'Restarting'],
  mode_down: ['宕机', 'Down'],
  hint_normal: [
    '模拟模型照常回答，每秒约 32 个词元。',
    'The stand-in answers as usual, about 32 tokens a second.',
  ],
  hint_slow: ['7 秒后才有首字，每秒 5 个词元。', 'The first token takes 7 s, then 5 tokens a second.'],
  hint_cut: ['每个回答到第 25 个词元就断开连接。', 'Each answer is cut off after 25 tokens.'],
  hint_restarting: [
    '15 秒内回答“正在加载”，然后恢复正常。',
    'Answers “loading” for 15 s, then is back to normal.',
  ],
  hint_down: ['端口关闭，拒绝连接，直到你选“正常”。', 'The port is closed until you choose “Normal”.'],
  hint_real: [
    '正在使用真实的模型服务器，因此不能模拟它的故障。',
    'A real model server is asked, so its faults cannot be simulated.',
  ],
  dropLink: ['断开{platform}连接', 'Drop {platform}’s connection'],
  dropHint: [
    '切断{platform}的长连接：几秒内应当自动重连',
    'Cuts the long connection to {platform}: it should be back within seconds',
  ],
  kill: ['kill -9 服务', 'kill -9 the service'],
  killHint: [
    '立刻杀掉服务再启动：没答完的回答应当接着完成',
    'Kills it at once and starts it again: unfinished answers should be finished',
  ],
  start: ['启动服务', 'Start the service'],
  phase_starting: ['服务正在启动', 'Service starting'],
  phase_running: ['服务运行中', 'Service running'],
  phase_killed: ['服务被杀掉了', 'Service killed'],
  phase_ended: ['服务已结束', 'Service ended'],
  phase_stopping: ['服务正在结束', 'Service stopping'],
  recovered: ['上次恢复用时', 'last recovery'],
  connections: ['条长连接', 'long connection(s)'],
  tabCalls: ['平台调用', 'Platform calls'],
  tabRequests: ['模型请求', 'Model requests'],
  tabLines: ['服务日志', 'Service log'],
  callsHint: [
    '服务调用平台的每个接口（→），以及平台推来的事件（←）与确认用时。',
    'Each call the service makes to the platform (→), and the events it was pushed (←) with the time to acknowledge.',
  ],
  requestsHint: [
    '模型服务器实际收到的内容：文字，以及处理好的图片。',
    'What the model server really received: the words, and the pictures as they were prepared.',
  ],
  requestsReal: [
    '问题直接发给真实的模型服务器，这里看不到请求。',
    'Questions go straight to the real model server, so they cannot be shown here.',
  ],
  linesHint: [
    '服务自己的日志，一步一行，不含消息内容。',
    'The service’s own log, one line a step, without message texts.',
  ],
  nothingYet: ['还没有，先提一个问题吧。', 'Nothing yet: ask something first.'],
  earlier: ['条之前的提问', 'earlier question(s)'],
  tokens: ['词元', 'tokens'],
  perSecond: ['词元/秒', 'tokens/s'],
  upright: ['方向正确', 'upright'],
  out_open: ['正在回答', 'answering'],
  out_finished: ['完成', 'finished'],
  out_aborted: ['服务主动停止', 'stopped by the service'],
  out_faulted: ['故障', 'fault'],
  ev_acknowledged: ['已确认', 'acked'],
  ev_timeout: ['超时，稍后重推', 'timed out, pushed again later'],
  ev_refused: ['被拒绝', 'refused'],
  ev_sent: ['已推送', 'sent'],
  ev_sent_hint: [
    '企业微信的长连接不确认推送，所以没有用时',
    'WeCom’s long connection acknowledges no pushes, so nothing is timed',
  ],
  ev_lost: ['丢失', 'lost'],
  'ev_no-connection': ['没有连接', 'no connection'],
  ev_pending: ['推送中', 'being pushed'],
  dropped: ['连接中断', 'dropped'],
};

const key = 'qwen-chat-bridge-demo-language';
let language = remembered() === 'en' ? 1 : 0;

/** A sentence of the page in the chosen language, `{…}` filled from `values`; an unknown name is shown as it is. */
export function say(name, values = {}) {
  const sentence = words[name]?.[language] ?? name;
  return sentence.replaceAll(/\{(\w+)\}/g, (mark, key) => values[key] ?? mark);
}

export const inEnglish = () => language === 1;

/** One of two given texts. */
export function choose({ zh, en }) {
  return language === 1 ? en : zh;
}

export function switchLanguage() {
  language = 1 - language;
  document.documentElement.lang = language === 1 ? 'en' : 'zh-CN';
  try {
    window.localStorage.setItem(key, language === 1 ? 'en' : 'zh');
  } catch {
    // A browser without storage forgets the choice, nothing else.
  }
}

function remembered() {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return undefined;
  }
}
