import { dominantColour } from './images.ts';
import type { Answer, ChatQuestion, SeenImage } from './types.ts';

/**
 * The stand-in model: says what it is, repeats the question and names size and dominant colour of each picture, so that
 * whoever sees the answer knows what really arrived.
 */
export async function standInAnswer(question: ChatQuestion): Promise<Answer> {
  const asked = question.messages.findLast(({ role }) => role === 'user');
  const text = asked?.text.trim() ?? '';
  const images = asked?.images ?? [];
  const earlier = question.messages.filter(({ role }) => role === 'user').length - 1;
  const chinese = text === '' || /\p{Script=Han}/u.test(text);
  const pictures = await Promise.all(images.map((image, index) => describe(image, index, chinese)));
  const lines = chinese ? chineseLines(text, pictures, earlier) : englishLines(text, pictures, earlier);
  const reasoning = chinese
    ? '先读一遍问题,再看图片,然后如实说明收到了什么。'
    : 'First read the question, then look at the pictures, then say plainly what arrived.';
  return question.thinking === true ? { text: lines.join('\n'), reasoning } : { text: lines.join('\n') };
}

function chineseLines(text: string, pictures: readonly string[], earlier: number): string[] {
  return [
    '我是**模拟模型**(stand-in model),不是真正的 Qwen:只复述收到的内容。',
    '',
    text === '' ? '这条消息没有文字。' : `你的问题是:${text}`,
    ...(pictures.length === 0 ? [] : ['', `收到 ${pictures.length} 张图片:`, '', ...pictures]),
    ...(earlier > 0 ? ['', `之前的对话我也收到了:${earlier} 条提问。`] : []),
    '',
    '设置 `QWEN_BASE_URL` 之后,这里回答的就是真正的模型。',
  ];
}

function englishLines(text: string, pictures: readonly string[], earlier: number): string[] {
  return [
    'I am a **stand-in model** (模拟模型), not a real Qwen: I only repeat what arrived.',
    '',
    `You asked: ${text}`,
    ...(pictures.length === 0 ? [] : ['', `Pictures received: ${pictures.length}`, '', ...pictures]),
    ...(earlier > 0 ? ['', `Earlier questions in this conversation: ${earlier}.`] : []),
    '',
    'Set `QWEN_BASE_URL` and a real model answers here.',
  ];
}

async function describe(image: SeenImage, index: number, chinese: boolean): Promise<string> {
  const colour = await dominantColour(image);
  return chinese
    ? `${index + 1}. ${image.width}×${image.height} 像素,主色是${colour.zh}`
    : `${index + 1}. ${image.width}×${image.height} pixels, mostly ${colour.en}`;
}
