import { dominantColour } from '../simulators/qwen/images.ts';
import type { Answer, ChatQuestion, SeenImage } from '../simulators/qwen/types.ts';

/**
 * What the stand-in says in the demo: first that it is one, then what really arrived. The words 表格/table, 代码/code and
 * 想想/think bring a table, code, or reasoning, so that visitors see how each grows in a card.
 */
export async function demoAnswer(question: ChatQuestion): Promise<Answer> {
  const asked = question.messages.findLast(({ role }) => role === 'user');
  const text = asked?.text.trim() ?? '';
  const images = asked?.images ?? [];
  const earlier = question.messages.filter(({ role }) => role === 'user').length - 1;
  const chinese = text === '' || /\p{Script=Han}/u.test(text);
  const words = chinese ? zh : en;
  const parts = [
    `${words.standIn}${text === '' ? words.noText : words.repeat(text)}`,
    ...(images.length === 0 ? [] : [await pictureTable(images, words)]),
    ...(/表|table|比较|compare/i.test(text) ? [words.table] : []),
    ...(/代码|code|函数|function/i.test(text) ? [words.code] : []),
    ...(earlier > 0 ? [words.earlier(earlier)] : []),
    words.real,
  ];
  const thinks = question.thinking === true || /想想|思考|think/i.test(text);
  return { text: parts.join('\n\n'), ...(thinks ? { reasoning: words.reasoning(images.length) } : {}) };
}

async function pictureTable(images: readonly SeenImage[], words: typeof zh): Promise<string> {
  const rows = await Promise.all(
    images.map(async (image, index) => {
      const colour = await dominantColour(image);
      const kilobytes = Math.max(1, Math.round(image.bytes.length / 1024));
      return `| ${index + 1} | ${image.width} × ${image.height} | ${words.colour(colour)} | ${image.format.toUpperCase()} · ${kilobytes} KB |`;
    }),
  );
  return `${words.pictures(images.length)}\n\n${words.pictureHead}\n|---|---|---|---|\n${rows.join('\n')}`;
}

/** Quoted, so that the visitor's own Markdown stays what it was. */
function quote(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

const zh = {
  standIn: '我是**模拟模型**，不是真正的 Qwen，只说出收到了什么。',
  noText: '这条消息没有文字。',
  repeat: (text: string) => `你的问题是：\n\n${quote(text)}`,
  pictures: (count: number) => `我收到了 ${count} 张图片：`,
  pictureHead: '| 图片 | 像素 | 主色 | 格式 |',
  colour: (name: { readonly zh: string; readonly en: string }) => name.zh,
  earlier: (count: number) => `这段对话里我还记得你之前的 ${count} 个问题。`,
  real: '设置 `QWEN_BASE_URL` 后再启动演示，这里回答的就是真正的模型。',
  table: `你提到了表格，这里有一张（数字是编的）：

| 部门 | 预算（万元） | 支出（万元） | 结果 |
|:---|---:|---:|:---|
| 研发 | 320 | 298 | 未超支 |
| 市场 | 150 | 171 | **超支 21** |
| 行政 | 60 | 55 | 未超支 |`,
  code: `你提到了代码，这里有一段：

\`\`\`python
def overspent(budget: float, spent: float) -> float:
    """超支的金额，没有超支则为 0。"""
    return max(0.0, spent - budget)
\`\`\``,
  reasoning: (pictures: number) =>
    `先看问题里问了什么。${pictures > 0 ? `再看图片：一共 ${pictures} 张，量出尺寸，找出主色。` : '这次没有图片。'}我没有真正的理解能力，所以只复述，不猜测。`,
};

const en: typeof zh = {
  standIn: 'I am a **stand-in model**, not a real Qwen, and only say what arrived. ',
  noText: 'This message has no text.',
  repeat: (text) => `You asked:\n\n${quote(text)}`,
  pictures: (count) => `Pictures received: ${count}`,
  pictureHead: '| Picture | Pixels | Mostly | Format |',
  colour: (name) => name.en,
  earlier: (count) => `I still know your ${count === 1 ? 'earlier question' : `${count} earlier questions`}.`,
  real: 'Set `QWEN_BASE_URL` and start the demo again: then a real model answers here.',
  table: `You mentioned a table; here is one with made-up numbers:

| Department | Budget | Spent | Result |
|:---|---:|---:|:---|
| Research | 320 | 298 | within budget |
| Marketing | 150 | 171 | **21 over** |
| Office | 60 | 55 | within budget |`,
  code: `You mentioned code; here is some:

\`\`\`python
def overspent(budget: float, spent: float) -> float:
    """How much too much was spent; 0 within the budget."""
    return max(0.0, spent - budget)
\`\`\``,
  reasoning: (pictures) =>
    `First look at the question. ${pictures > 0 ? `Then at the pictures: ${pictures} of them, their sizes and colours.` : 'No pictures this time.'} I understand nothing really, so I repeat and do not guess.`,
};
