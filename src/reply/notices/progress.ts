import { numberOfQuestions, phrase, type Phrase } from './phrase.ts';

/** The line that stands in a reply while there is no answer yet, and the words on its buttons. */
export const progress = {
  thinking: phrase('正在思考…', 'Thinking…'),
  thinkingFor: (wholeSeconds: number): Phrase =>
    phrase(`正在思考…（${wholeSeconds} 秒）`, `Thinking… (${wholeSeconds} s)`),
  reading: (pictures: number): Phrase =>
    pictures === 1
      ? phrase('正在看图片…', 'Looking at the picture…')
      : phrase(`正在看 ${pictures} 张图片…`, `Looking at ${pictures} pictures…`),
  fetchingQuote: phrase('正在读引用的消息…', 'Reading the quoted message…'),
  /** `expectedMs` is absent while nobody can tell, and when it took longer than was told. */
  waiting: (ahead: number, expectedMs?: number): Phrase => {
    const zh = `前面还有 ${ahead} 个问题，`;
    const en = `${numberOfQuestions(ahead)} before yours`;
    if (expectedMs === undefined) return phrase(`${zh}请稍等…`, `${en}…`);
    const about = roughly(expectedMs);
    return phrase(`${zh}约 ${about.zh}`, `${en}, about ${about.en}`);
  },
  answering: phrase('正在回答…', 'Answering…'),
  working: phrase('正在处理…', 'Working on it…'),
  restarting: phrase('服务正在重启，马上继续…', 'The service is restarting and will go on in a moment…'),
  resuming: phrase('刚才服务重启了，正在重新回答…', 'The service was restarted; answering again…'),
} as const;

/** Whole seconds up to a minute and a half, then whole minutes: more would promise too much. */
function roughly(milliseconds: number): Phrase {
  const wholeSeconds = Math.max(1, Math.ceil(milliseconds / 1000));
  const minutes = Math.round(wholeSeconds / 60);
  return wholeSeconds < 90
    ? phrase(`${wholeSeconds} 秒`, `${wholeSeconds} s`)
    : phrase(`${minutes} 分钟`, `${minutes} min`);
}

export const buttons = {
  stop: phrase('停止', 'Stop'),
  retry: phrase('重试', 'Retry'),
  good: phrase('👍', '👍'),
  bad: phrase('👎', '👎'),
} as const;

export const thinkingTitle = phrase('思考过程', 'Reasoning');

/** Answers to the press of a button; shown for a moment to the one who pressed. */
export const toasts = {
  stopping: phrase('正在停止', 'Stopping'),
  alreadyEnded: phrase('这个回答已经结束了', 'This answer has already ended'),
  retrying: phrase('正在重新回答', 'Answering again'),
  alreadyRetried: phrase('已经重试过了，请看新的回答', 'Already retried; see the new answer'),
  stillRunning: phrase('还在回答，先点“停止”再重试', 'Still answering; stop it first'),
  thanks: phrase('收到，谢谢', 'Noted, thank you'),
  notYours: phrase(
    '只有提问的人和管理员可以操作',
    'Only the person who asked and administrators can do this',
  ),
  unknown: phrase('这个按钮已失效', 'This button no longer works'),
} as const;
