import type { Check } from '../../contract/adapter.ts';
import { phrase, type Phrase } from './phrase.ts';

/** What each check of a platform looks at. */
export const checkWords: Readonly<Record<Check['code'], Phrase>> = {
  credentials: phrase('应用凭证', 'app credentials'),
  bot: phrase('机器人', 'bot'),
  connection: phrase('长连接', 'long connection'),
  permission: phrase('权限', 'permissions'),
  card: phrase('卡片', 'cards'),
  webhook: phrase('回调', 'webhook'),
};

/** What each check of the configuration and of a model server looks at. */
export const serverCheckWords = {
  configuration: phrase('配置', 'configuration'),
  dns: phrase('域名解析', 'DNS'),
  tcp: phrase('TCP 连接', 'TCP'),
  tls: phrase('TLS 证书', 'TLS'),
  http: phrase('HTTP 应答', 'HTTP'),
  clock: phrase('时间', 'clock'),
  key: phrase('密钥', 'key'),
  models: phrase('模型列表', 'model list'),
  context: phrase('上下文长度', 'context'),
  chat: phrase('对话', 'chat'),
  streaming: phrase('流式回答', 'streaming'),
  image: phrase('看图', 'image'),
  thinking: phrase('思考', 'thinking'),
  embeddings: phrase('向量', 'embeddings'),
  benchmark: phrase('连续提问', 'benchmark'),
} as const;

export const doctorWords = {
  configuration: phrase('配置', 'Configuration'),
  modelServer: (host: string): Phrase => phrase(`模型服务器 ${host}`, `Model server ${host}`),
  visionServer: (host: string): Phrase => phrase(`看图服务器 ${host}`, `Server for pictures ${host}`),
  platform: (id: string): Phrase => phrase(`聊天平台 ${id}`, `Chat platform ${id}`),
  checking: (subject: string, check: string): Phrase =>
    phrase(`正在检查 ${subject} · ${check}…`, `Checking ${subject} · ${check}…`),
  skipped: phrase('跳过，前面的检查没有通过', 'skipped, an earlier check did not pass'),
  onlyRunning: phrase(
    '这里看不到，请给运行中的机器人发送 /doctor',
    'not visible from here; send /doctor to the running bot',
  ),
  cause: phrase('原因：', 'Cause: '),
  remedy: phrase('处理：', 'Remedy: '),
  missing: phrase('缺少：', 'Missing: '),
  /** `whose`: which platform it is about, where it is about one. */
  oneThing: (whose: string): Phrase =>
    whose === ''
      ? phrase('现在要做的一件事：', 'The one thing to do: ')
      : phrase(`现在要做的一件事（${whose}）：`, `The one thing to do (${whose}): `),
  allWell: phrase('全部正常，不用做什么。', 'All is well; there is nothing to do.'),
  nothingFailed: (unsure: number): Phrase =>
    phrase(
      `没有发现故障；有 ${unsure} 项无法确认（标 ? 的）。`,
      `Nothing failed; ${unsure} ${unsure === 1 ? 'check is' : 'checks are'} undecided (marked ?).`,
    ),
  checkingAll: phrase('正在逐项检查…', 'Checking everything…'),
  seeDirectChat: phrase('检查完了，结果在和我的单聊里。', 'Done; the report is in your direct chat with me.'),
  useDirectChat: phrase(
    '诊断结果里有服务器地址，请在和我的单聊里发送 /doctor。',
    'The report names servers: please send /doctor in a direct chat with me.',
  ),
  noAdministrators: phrase(
    'ADMINS 没有设置，没有人能用 /status 和 /doctor，也没有人收到告警。',
    'ADMINS is not set: nobody can use /status and /doctor, and nobody is alerted.',
  ),
  addAdministrator: phrase(
    '请给我发送 /whoami，把看到的编号写进 .env 的 ADMINS。',
    'Send me /whoami and write the id you see into ADMINS in .env.',
  ),
} as const;

/** What was seen, where that is no mere code. */
export const evidenceWords = {
  configured: (servers: number, platforms: number, administrators: number): Phrase =>
    phrase(
      `模型服务器 ${servers} 台，平台 ${platforms} 个，管理员 ${administrators} 人`,
      `model servers: ${servers}, platforms: ${platforms}, administrators: ${administrators}`,
    ),
  contextUnknown: phrase(
    '这个服务器不公布，遇到超长时由它的回答得知',
    'this server does not tell; it is learned from its first refusal',
  ),
  noEmbeddings: phrase('列表里没有向量模型', 'no embedding model in the list'),
  embedding: (model: string, dimensions: number): Phrase =>
    phrase(`${model}，${dimensions} 维`, `${model}, ${dimensions} dimensions`),
  longLine: phrase('一行超过 1 MB', 'a line longer than a megabyte'),
  tokens: (tokens: number): Phrase => phrase(`${tokens} 词元`, `${tokens} tokens`),
  noDate: phrase('应答里没有时间', 'the answer has no Date header'),
  firstToken: (firstMs: number, pieces: number, allMs: number): Phrase =>
    phrase(
      `首字 ${firstMs} ms，${allMs} ms 内 ${pieces} 段`,
      `first token ${firstMs} ms, ${pieces} pieces in ${allMs} ms`,
    ),
  noWord: phrase('正常结束，但没有文字', 'finished without a word'),
  noEnd: (pieces: number): Phrase =>
    phrase(`收到 ${pieces} 段后没有结束标记`, `no finish reason after ${pieces} pieces`),
  picture: phrase('640 × 640 PNG，请求 1.6 MB', '640 × 640 PNG, a request of 1.6 MB'),
  thinksNot: phrase('不思考', 'does not think'),
  thinks: {
    apart: phrase('会思考，单独成段', 'thinks, in a field of its own'),
    inside: phrase('会思考，写在正文里', 'thinks, inside the text'),
  },
  switchable: phrase('可以关闭', 'can be switched off'),
  always: phrase('不能关闭', 'cannot be switched off'),
} as const;
