import { phrase, type Phrase } from './phrase.ts';

/** Beside an answer that another model gave than the one chosen. */
export const modelChoice = {
  withdrawn: (model: string): Phrase =>
    phrase(
      `你选的 ${model} 已经没有了，之后自动选择模型`,
      `${model} is no longer served; the model is chosen automatically now`,
    ),
  denied: (model: string): Phrase =>
    phrase(
      `管理员不再开放 ${model}，之后自动选择模型`,
      `${model} is no longer open to choice; the model is chosen automatically now`,
    ),
  away: (model: string): Phrase =>
    phrase(
      `${model} 现在用不了，这次由别的模型回答`,
      `${model} cannot be reached now; another model answered`,
    ),
  blind: (model: string): Phrase =>
    phrase(
      `${model} 看不了图片，这次由能看图的模型回答`,
      `${model} cannot see pictures; a model that can answered`,
    ),
} as const;

/** `/model` */
export const modelWords = {
  present: (model: string): Phrase =>
    phrase(`这个对话现在用 **${model}**。`, `This conversation uses **${model}**.`),
  presentAuto: (model: string): Phrase =>
    phrase(
      `这个对话现在用 **${model}**（自动选择）。`,
      `This conversation uses **${model}** (chosen automatically).`,
    ),
  presentByAssistant: (model: string): Phrase =>
    phrase(
      `这个对话现在用 **${model}**（由助手指定）。`,
      `This conversation uses **${model}** (set by its assistant).`,
    ),
  presentUnknown: phrase(
    '模型是自动选择的，现在还不知道是哪一个。',
    'The model is chosen automatically; which one is not known at the moment.',
  ),
  choices: phrase('可以选的模型：', 'Models to choose from:'),
  noChoice: phrase('现在没有可以另外选的模型。', 'There is no other model to choose at the moment.'),
  sees: phrase('能看图', 'sees pictures'),
  context: (tokens: string): Phrase => phrase(`上下文 ${tokens} 词元`, `${tokens} tokens of context`),
  more: (count: number): Phrase =>
    phrase(`还有 ${count} 个，可以直接用名字选。`, `${count} more can be chosen by name.`),
  usage: phrase(
    '发送 /model 加编号或名字来选择，/model auto 恢复自动选择。',
    'Send /model with a number or a name to choose, /model auto to have it chosen automatically.',
  ),
  chosen: (model: string): Phrase =>
    phrase(`好，这个对话之后用 **${model}**。`, `Done: this conversation uses **${model}** from now on.`),
  auto: phrase('好，之后自动选择模型。', 'Done: the model is chosen automatically from now on.'),
  unknown: phrase('没有这个模型可以选。', 'There is no such model to choose.'),
  several: phrase(
    '有几个模型叫这个名字，请用编号选。',
    'Several models have this name; please choose by number.',
  ),
} as const;

/** `/models` */
export const modelsWords = {
  model: phrase('模型', 'Model'),
  context: phrase('上下文', 'Context'),
  vision: phrase('看图', 'Vision'),
  choosable: phrase('可选', 'Choosable'),
  server: (position: number): Phrase => phrase(`模型服务器 ${position}`, `Model server ${position}`),
  usual: phrase('（默认）', ' (usual)'),
  down: phrase('，现在连不上', ', not reachable'),
  nothingKnown: phrase('还不知道有哪些模型。', 'Which models there are is not known yet.'),
  hidden: phrase('没有公布模型列表。', 'It publishes no list of its models.'),
  all: phrase('所有模型都可以选。', 'Every model can be chosen.'),
  only: (names: string): Phrase =>
    phrase(`只有这些可以选：${names}。`, `Only these can be chosen: ${names}.`),
  none: phrase(
    '现在没有模型可以选，一律自动选择。',
    'No model can be chosen; it is always chosen automatically.',
  ),
  except: (names: string): Phrase => phrase(`这些不能选：${names}。`, `These cannot be chosen: ${names}.`),
  unknown: (names: string): Phrase =>
    phrase(`没有这样的模型：${names}。没有改动。`, `There is no such model: ${names}. Nothing was changed.`),
  usage: phrase(
    '发送 /models allow 名字…、/models deny 名字… 或 /models all 来限制大家的选择。助手文件里指定的模型不受影响。',
    'Send /models allow <name…>, /models deny <name…> or /models all to restrict the choice. What the assistants file names is not affected.',
  ),
} as const;
