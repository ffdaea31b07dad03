import type { ImageFaultCode } from '../../media/types.ts';
import type { ModelFaultCode } from '../../model/types.ts';
import { count, phrase, seconds, type Phrase } from './phrase.ts';

const askAdministrator = phrase('请联系管理员。', 'Please tell an administrator.');

function withRetry(zh: string, en: string): Phrase {
  return phrase(`${zh}请稍后点“重试”。`, `${en} Please press Retry in a while.`);
}

function forAdministrator(zh: string, en: string): Phrase {
  return phrase(`${zh}${askAdministrator.zh}`, `${en} ${askAdministrator.en}`);
}

/** What the person reads when the model gave no answer: what happened and what to do. The log has the cause. */
export const faults: Readonly<Record<ModelFaultCode, Phrase>> = {
  unreachable: withRetry('现在连不上模型服务器。', 'I cannot reach the model server right now.'),
  loading: withRetry(
    '模型服务器正在启动，通常要几分钟。',
    'The model server is starting, which takes a few minutes.',
  ),
  unauthorized: forAdministrator('模型服务器不接受我的密钥。', 'The model server does not accept my key.'),
  forbidden: forAdministrator(
    '模型服务器前面的网关拒绝了请求。',
    'A gateway before the model server refused the request.',
  ),
  'model-missing': forAdministrator(
    '模型服务器上没有配置的模型。',
    'The model server does not have the configured model.',
  ),
  'no-models': withRetry('模型服务器还没有加载任何模型。', 'The model server has not loaded any model yet.'),
  'wrong-path': forAdministrator('模型服务器的地址不对。', 'The address of the model server is wrong.'),
  'no-vision': phrase(
    '现在的模型看不了图片。请用文字描述，或请管理员配置能看图的模型。',
    'The current model cannot see pictures. Please describe it in words, or ask an administrator for a vision model.',
  ),
  'bad-image': phrase(
    '模型读不了这张图片。请截图或另存为 JPEG 后再发一次。',
    'The model could not read this picture. Please send it again as a screenshot or JPEG.',
  ),
  'too-many-images': phrase('图片太多了，请少发几张。', 'Too many pictures; please send fewer.'),
  'body-too-large': phrase(
    '图片或文字太大了，请少发一些。',
    'The pictures or the text are too large; please send less.',
  ),
  'context-overflow': phrase(
    '内容太长，超出了模型一次能读的范围。请缩短问题，或发送 /new 开始新对话。',
    'This is longer than the model can read at once. Please shorten it, or send /new to start afresh.',
  ),
  overloaded: withRetry('现在提问的人太多了。', 'Too many people are asking right now.'),
  gateway: withRetry('模型服务器暂时没有响应。', 'The model server is not responding right now.'),
  'server-error': withRetry('模型服务器出错了。', 'The model server reported an error.'),
  'engine-dead': withRetry(
    '模型服务器刚刚崩溃，正在重启。',
    'The model server has just crashed and is restarting.',
  ),
  'bad-request': forAdministrator(
    '模型服务器不接受这个请求。',
    'The model server does not accept this request.',
  ),
  'first-token-timeout': withRetry(
    '等了很久，模型还没有开始回答。',
    'The model did not begin to answer in time.',
  ),
  'idle-timeout': withRetry('模型回答到一半停住了。', 'The model stopped in the middle of the answer.'),
  'cut-off': withRetry(
    '和模型服务器的连接断了，回答不完整。',
    'The connection to the model server broke; the answer is not whole.',
  ),
  'not-openai': forAdministrator(
    '配置的地址不是模型服务器。',
    'The configured address is not a model server.',
  ),
  runaway: phrase(
    '模型一直在重复，我让它停下了。请换个问法再试。',
    'The model kept repeating itself, so I stopped it. Please rephrase.',
  ),
  'content-filter': phrase(
    '模型服务的内容审核拦下了这个回答。请换个问法。',
    'The model server’s content filter stopped this answer. Please rephrase.',
  ),
};

/** What the person reads under an answer that is not whole for another reason. */
export const endings = {
  length: phrase(
    '回答太长，到这里为止。发送“继续”可以接着说。',
    'The answer reached its maximum length. Say “continue” to go on.',
  ),
  'thinking-only': phrase(
    '模型一直在思考，还没写出回答就到了长度上限。请把问题缩小一些再试。',
    'The model spent its whole length on thinking. Please narrow the question and try again.',
  ),
  empty: phrase(
    '模型没有给出回答。请换个问法，或点“重试”。',
    'The model gave no answer. Please rephrase, or press Retry.',
  ),
  truncated: faults['cut-off'],
  stopped: phrase('已停止', 'Stopped'),
  'stopped-by-administrator': phrase('管理员停止了这个回答。', 'An administrator stopped this answer.'),
  recalled: phrase('消息已撤回，已停止', 'The message was taken back; stopped'),
  restarted: phrase(
    '回答时服务重启了，这个回答不完整。请点“重试”。',
    'The service was restarted while answering; this answer is not whole. Please press Retry.',
  ),
  'shutting-down': phrase(
    '服务正在重启，这个回答不完整。请稍后点“重试”。',
    'The service is restarting; this answer is not whole. Please press Retry in a while.',
  ),
  'pictures-unusable': phrase(
    '我没能读取图片，所以没有回答。',
    'I could not read the picture, so I did not answer.',
  ),
  internal: forAdministrator(
    '我这边出了点问题，没能回答。',
    'Something went wrong on my side and I could not answer.',
  ),
  unshowable: phrase(
    '聊天平台显示不了这个回答的格式。请让我用纯文字再答一次。',
    'The chat platform cannot show this answer’s format. Please ask me for plain text.',
  ),
  'content-rejected': phrase(
    '聊天平台的内容审核没有放行这个回答。请换个问法。',
    'The chat platform’s content filter did not let this answer through. Please rephrase.',
  ),
} as const;

/** What to do about a picture that could not be used. */
export const imageFaults: Readonly<Record<ImageFaultCode, Phrase>> = {
  heic: phrase(
    '这是 HEIC 格式的图片，我读不了。请截图或转成 JPEG 再发。',
    'This picture is HEIC, which I cannot read. Please send a screenshot or JPEG.',
  ),
  'not-an-image': phrase(
    '这个文件不是图片。请发 JPEG 或 PNG。',
    'This file is not a picture. Please send JPEG or PNG.',
  ),
  unsupported: phrase(
    '这种图片格式我读不了。请截图或转成 JPEG 再发。',
    'I cannot read this picture format. Please send a screenshot or JPEG.',
  ),
  'too-many-bytes': phrase(
    '图片太大了（上限 20 MB）。请压缩后再发。',
    'The picture is too large (at most 20 MB). Please send a smaller one.',
  ),
  'too-many-pixels': phrase(
    '图片的像素太多了。请缩小或截图后再发。',
    'The picture has too many pixels. Please send a smaller one or a screenshot.',
  ),
  corrupt: phrase('图片已损坏，打不开。请重新发一次。', 'The picture is damaged. Please send it again.'),
  'decoder-failed': phrase(
    '处理图片时出了问题。请截图后再发一次。',
    'Something went wrong with the picture. Please send a screenshot of it.',
  ),
  'download-failed': phrase(
    '没能从聊天平台取到图片。请重新发一次。',
    'I could not get the picture from the chat platform. Please send it again.',
  ),
};

export const remarks = {
  pictureUnusable: (position: number, fault: ImageFaultCode): Phrase =>
    phrase(
      `第 ${position} 张图片：${imageFaults[fault].zh}`,
      `Picture ${position}: ${imageFaults[fault].en}`,
    ),
  pictureEndLeftOut: (position: number): Phrase =>
    phrase(
      `第 ${position} 张图片太长，后面的部分没有看到。需要的话请分成几张再发`,
      `Picture ${position} is too long, its end was not read; send it in several pieces if needed`,
    ),
  picturesLeftOut: (used: number): Phrase =>
    phrase(`只看了前 ${used} 张图片`, `Only the first ${used} pictures were read`),
  oldPicturesGone: phrase(
    '之前的图片已过期，需要的话请重新发送',
    'Earlier pictures have expired; send them again if needed',
  ),
  oldPicturesUnseen: phrase(
    '现在的模型看不了之前的图片',
    'The current model cannot see the earlier pictures',
  ),
  historyTrimmed: phrase('较早的对话已省略', 'Earlier turns were left out'),
  quoteMissing: phrase('没能读到引用的消息', 'The quoted message could not be read'),
  retried: phrase('已重新回答，见新的回复', 'Answered again in a new reply'),
} as const;

export type Receipt = {
  readonly model?: string;
  readonly durationMs: number;
  readonly tokens?: number;
  readonly shortId: string;
  readonly memory: Phrase;
};

/** The grey line: `Qwen3-VL-8B · 3.2 秒 · 1,204 词元 · #k7p2 · 你的对话`. */
export function receipt({ model, durationMs, tokens, shortId, memory }: Receipt): Phrase {
  const duration = seconds(durationMs);
  const parts = (language: 'zh' | 'en', unit: string): string =>
    [
      ...(model === undefined ? [] : [model]),
      duration[language],
      ...(tokens === undefined ? [] : [`${count(tokens)} ${unit}`]),
      shortId,
      memory[language],
    ].join(' · ');
  return phrase(parts('zh', '词元'), parts('en', 'tokens'));
}

/** Whose memory an answer belongs to, as the receipt and `/whoami` name it. */
export const memories = {
  direct: phrase('你的对话', 'your conversation'),
  person: phrase('你的对话', 'your conversation'),
  group: phrase('本群共享对话', 'this group’s conversation'),
  topic: phrase('本话题的对话', 'this topic’s conversation'),
} as const;
