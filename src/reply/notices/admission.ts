import type { UnreadableKind } from '../../contract/inbound.ts';
import { phrase, type Phrase } from './phrase.ts';

const kinds: Readonly<Record<UnreadableKind, Phrase>> = {
  file: phrase('文件', 'files'),
  audio: phrase('语音', 'voice messages'),
  video: phrase('视频', 'videos'),
  sticker: phrase('表情', 'stickers'),
  forwarded: phrase('合并转发的消息', 'forwarded conversations'),
  card: phrase('卡片', 'cards'),
  location: phrase('位置', 'locations'),
  contact: phrase('名片', 'contact cards'),
  other: phrase('这种消息', 'this kind of message'),
};

/** One friendly sentence: what cannot be read, and what can. */
export function unreadable(kind: UnreadableKind): Phrase {
  return phrase(
    `我还读不了${kinds[kind].zh}。可以发文字、图片，或图文混排的消息给我。`,
    `I cannot read ${kinds[kind].en} yet. You can send me text, pictures, or both in one message.`,
  );
}

/** A line for the model, so that it knows something was there; the person's own words come beside it. */
export function unreadableAsData(kind: UnreadableKind): Phrase {
  return phrase(
    `（附有${kinds[kind].zh}，无法读取）`,
    `(an attachment that cannot be read: ${kinds[kind].en})`,
  );
}

/** What the model reads in place of pictures it does not get, so that it does not make up what they show. */
export function picturesAsData(missing: number): Phrase {
  return phrase(
    `（另有 ${missing} 张图片没能读取，你看不到）`,
    `(${missing} ${missing === 1 ? 'picture' : 'pictures'} could not be read; you do not see ${missing === 1 ? 'it' : 'them'})`,
  );
}

/** Said to a message that held the code of the first administrator. */
const adminCode = {
  'administrator-claimed': phrase(
    '你现在是管理员了。发送 /help 看看管理员的命令，发送 /doctor 检查一遍服务。',
    'You are an administrator now. /help lists what you can do, /doctor checks the whole service.',
  ),
  'admin-code-used': phrase(
    '这个管理员码刚刚被别人用掉了。需要的话请找那位管理员。',
    'Somebody else has just used this code. Please ask that administrator.',
  ),
  'admin-code-exposed': phrase(
    '管理员码只能在和我的单聊里、单独作为一条消息发送。刚才的已经作废，请用服务器上同一个文件里的新码。',
    'The administrator’s code counts only in a direct chat with me, as a message of its own. That one is void now; the same file on the server has a new one.',
  ),
  'admin-code-unproven': phrase(
    '现在的接入方式证明不了消息是谁发的，不能这样认领管理员。请改用长连接接入，或在服务器的 ADMINS 里写上管理员。',
    'This way of connecting does not prove who sent a message, so nobody becomes administrator by it. Please connect by long connection, or name administrators in ADMINS on the server.',
  ),
} as const;

/** Sentences decided before the model is asked. */
export const admission = {
  ...adminCode,
  'too-old': phrase(
    '这条消息到得太晚了，我没有处理。如果还需要，请再发一次。',
    'This message reached me too late, so I did not answer it. Please send it again if you still need it.',
  ),
  'not-allowed': phrase(
    '你暂时不能使用我。需要的话请联系管理员。',
    'You cannot use me at the moment. Please ask an administrator if you need to.',
  ),
  'queue-full': phrase(
    '你还有很多问题在排队，等它们答完再发吧。',
    'Many of your questions are still waiting; please let them finish first.',
  ),
  empty: phrase(
    '我在。直接问我问题，或发一张图片；发送 /help 看看我会什么。',
    'I am here. Ask me anything or send a picture; /help shows what I can do.',
  ),
} as const;

/** Sent once when the bot joins a group, whose memory is as said, or when a direct chat opens. */
export const welcome = {
  group: phrase(
    '大家好，我是公司的 AI 助手。@我 提问就行，可以带图片；本群共用一个对话，请不要在这里问私事。发送 /help 看看我会什么。',
    'Hello, I am the company’s AI assistant. Mention me to ask, with pictures if you like; this group shares one conversation, so please ask nothing private here. /help shows what I can do.',
  ),
  user: phrase(
    '大家好，我是公司的 AI 助手。@我 提问就行，可以带图片；每个人的对话互不相通。发送 /help 看看我会什么。',
    'Hello, I am the company’s AI assistant. Mention me to ask, with pictures if you like; everyone’s conversation is their own. /help shows what I can do.',
  ),
  direct: phrase(
    '你好，我是公司的 AI 助手。直接问我就行，也可以发图片。发送 /help 看看我会什么。',
    'Hello, I am the company’s AI assistant. Just ask, or send a picture. /help shows what I can do.',
  ),
} as const;

/** The question asked for a picture that came alone: describe it shortly, and invite a question. */
export const lonePicture = phrase(
  '（只发了图片，没有文字。请简短描述图片的内容，并邀请对方提出问题。）',
  '(Only a picture was sent, without words. Describe it briefly and invite a question.)',
);
