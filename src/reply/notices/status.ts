import type { ModelFaultCode } from '../../model/types.ts';
import { count, numberOfQuestions, phrase, type Phrase } from './phrase.ts';

export const status = {
  wellAll: phrase('✓ 一切正常', '✓ all is well'),
  version: phrase('版本', 'Version'),
  uptime: phrase('已运行', 'up for'),
  answersNow: phrase('正在回答', 'Answering now'),
  waiting: phrase('等待中', 'waiting'),
  today: phrase('今天', 'Today'),
  store: phrase('数据库', 'Database'),
  storeBroken: phrase('数据库写不进去', 'the database cannot be written'),
  up: phrase('✓ 正常', '✓ up'),
  down: phrase('✗ 断开', '✗ down'),
  connecting: phrase('连接中', 'connecting'),
  standby: phrase('待命（由另一个副本连接）', 'standby (another replica is connected)'),
  failed: phrase('✗ 需要处理', '✗ needs attention'),
  unknown: phrase('未知', 'unknown'),
  none: phrase('无', 'none'),
  done: phrase('完成', 'answered'),
  failures: phrase('失败', 'failed'),
  interrupted: phrase('中断', 'interrupted'),
  item: phrase('项目', 'Item'),
  state: phrase('状态', 'State'),
} as const;

/** The lines about one model server. */
export const models = {
  title: phrase('模型服务器', 'Model servers'),
  model: phrase('模型', 'Model'),
  engine: phrase('引擎', 'Engine'),
  context: phrase('上下文', 'Context'),
  vision: phrase('看图', 'vision'),
  work: phrase('处理中 · 排队', 'Running · waiting'),
  engineWork: phrase('引擎共', 'engine in all'),
  firstToken: phrase('首个词元 p50 / p95', 'First token p50 / p95'),
  speed: phrase('速度 p50', 'Speed p50'),
  answers: phrase('近 1 小时提问', 'Questions, last hour'),
  causes: phrase('近 1 小时失败', 'Failures, last hour'),
  lastFailure: phrase('最近失败', 'Last failure'),
  sees: { yes: phrase('能看图', 'sees'), no: phrase('看不了图', 'does not see') },
  chart: phrase('近 1 小时提问（每 5 分钟）', 'Questions of the last hour, by 5 minutes'),
  questions: phrase('个', 'questions'),
} as const;

/** The lines about one platform. */
export const platforms = {
  title: phrase('平台', 'Platforms'),
  reconnects: phrase('重连', 'Reconnects'),
  calls: phrase('今日调用', 'Calls today'),
  month: phrase('本月调用', 'Calls this month'),
  forecast: phrase('本月预计', 'Month’s forecast'),
  pushes: phrase('本月推送 → 预计', 'Pushes this month → forecast'),
  tight: phrase('已减少更新', 'fewer updates'),
  finalOnly: phrase('只发最终回答', 'answers only when whole'),
} as const;

export const numberedServer = (number: number): Phrase => phrase(`服务器 ${number}`, `Server ${number}`);

export const times = (value: number): Phrase =>
  phrase(`${count(value)} 次`, `${count(value)} ${value === 1 ? 'time' : 'times'}`);

export const tokens = (value: number): Phrase => phrase(`${count(value)} 词元`, `${count(value)} tokens`);

export const speed = (tokensPerSecond: number): Phrase => {
  const value = tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : count(Math.round(tokensPerSecond));
  return phrase(`${value} 词元/秒`, `${value} tokens/s`);
};

export const ago = (age: Phrase): Phrase => phrase(`${age.zh}前`, `${age.en} ago`);

export const failedLately = (failures: number, causes: Phrase): Phrase =>
  phrase(
    `近 1 小时有 ${count(failures)} 个提问没答好：${causes.zh}`,
    `${numberOfQuestions(failures)} of the last hour went wrong: ${causes.en}`,
  );

/** Why answers did not come whole, in as few words as a phone has room for. */
const causeWords: Readonly<Record<ModelFaultCode, Phrase>> & Readonly<Record<string, Phrase>> = {
  unreachable: phrase('连不上', 'unreachable'),
  loading: phrase('正在启动', 'loading'),
  unauthorized: phrase('密钥不对', 'wrong key'),
  forbidden: phrase('网关拒绝', 'refused by a gateway'),
  'model-missing': phrase('没有这个模型', 'model missing'),
  'no-models': phrase('没有模型', 'no models'),
  'wrong-path': phrase('地址不对', 'wrong path'),
  'no-vision': phrase('看不了图', 'no vision'),
  'bad-image': phrase('图片读不了', 'bad picture'),
  'too-many-images': phrase('图片太多', 'too many pictures'),
  'body-too-large': phrase('请求太大', 'request too large'),
  'context-overflow': phrase('超出上下文', 'context too small'),
  overloaded: phrase('过载', 'overloaded'),
  gateway: phrase('网关没响应', 'gateway'),
  'server-error': phrase('服务器出错', 'server error'),
  'engine-dead': phrase('引擎崩溃', 'engine dead'),
  'bad-request': phrase('请求被拒', 'bad request'),
  'first-token-timeout': phrase('首个词元超时', 'first token late'),
  'idle-timeout': phrase('中途停住', 'stalled'),
  'cut-off': phrase('连接断了', 'cut off'),
  'not-openai': phrase('不是模型服务器', 'not a model server'),
  runaway: phrase('不停重复', 'runaway'),
  'content-filter': phrase('内容审核', 'content filter'),
  truncated: phrase('连接断了', 'cut off'),
  empty: phrase('空回答', 'empty'),
  'thinking-only': phrase('只有思考', 'thinking only'),
  restarted: phrase('服务重启', 'restarted'),
  'shutting-down': phrase('服务重启', 'restarting'),
  'pictures-unusable': phrase('图片读不了', 'pictures unusable'),
  internal: phrase('内部错误', 'internal'),
  'content-rejected': phrase('内容审核', 'content filter'),
  undeliverable: phrase('平台不收', 'refused by the platform'),
};

export function causeName(cause: string): Phrase {
  return causeWords[cause] ?? phrase(cause, cause);
}
