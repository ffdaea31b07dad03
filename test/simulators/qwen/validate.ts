import type { Refusal } from './errors.ts';
import { readImage } from './images.ts';
import type { Profile } from './profiles.ts';
import { countTokens, imageTokens } from './tokens.ts';
import type { ChatQuestion, ContextWording, SeenImage, SeenMessage } from './types.ts';

export type Rules = {
  readonly profile: Profile;
  readonly models: readonly string[];
  readonly maxModelLen: number;
  readonly vision: boolean;
  readonly thinks: boolean;
  readonly imageLimit: number;
  readonly contextWording: ContextWording;
  readonly refusedKeys: readonly string[];
};

type Fields = Readonly<Record<string, unknown>>;

/** Checks a chat request in the order in which the engine does, and reads its pictures. */
export async function validateChat(body: unknown, rules: Rules): Promise<ChatQuestion | Refusal> {
  if (!isFields(body)) return bad('Input should be a valid dictionary', 'Bad Request', 'body');
  const refusedKey = rules.refusedKeys.find((key) => key in body);
  if (refusedKey !== undefined) return bad(`Unrecognized request argument supplied: ${refusedKey}`);
  if (!Array.isArray(body['messages']) || body['messages'].length === 0)
    return messagesMissing(body, rules.profile);
  const model = typeof body['model'] === 'string' ? body['model'] : (rules.models[0] ?? '');
  if (rules.profile.checksModel && !rules.models.includes(model)) return unknownModel(model, rules.profile);
  if (body['stream_options'] !== undefined && body['stream'] !== true) {
    return bad('Stream options can only be defined when `stream=True`.');
  }
  if (Array.isArray(body['tools'])) {
    return bad('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set');
  }
  const kwargs = isFields(body['chat_template_kwargs']) ? body['chat_template_kwargs'] : {};
  if (typeof kwargs['enable_thinking'] === 'string' && rules.profile.name === 'llamacpp') {
    return bad('invalid type for "enable_thinking" (expected boolean, got string)');
  }
  const effort = rules.profile.name === 'ollama' ? body['reasoning_effort'] : undefined;
  if (effort !== undefined && !rules.thinks) return bad(`"${model}" does not support thinking`, 'api_error');
  const messages: SeenMessage[] = [];
  for (const message of body['messages']) {
    const seen = await readMessage(message);
    if ('status' in seen) return seen;
    messages.push(seen);
  }
  const refusal = checkImages(messages, model, rules);
  if (refusal !== undefined) return refusal;
  const thinking = switchOf(rules.profile, kwargs, effort);
  return fitContext(
    { model, messages, thinking },
    body['max_completion_tokens'] ?? body['max_tokens'],
    rules,
  );
}

/** How the request switches thinking, in the one form this engine reads. */
function switchOf({ name }: Profile, kwargs: Fields, effort: unknown): boolean | undefined {
  if (name === 'ollama') return effort === undefined ? undefined : effort !== 'none';
  return typeof kwargs['enable_thinking'] === 'boolean' ? kwargs['enable_thinking'] : undefined;
}

async function readMessage(message: unknown): Promise<SeenMessage | Refusal> {
  if (!isFields(message) || typeof message['role'] !== 'string') {
    return bad(
      "1 validation error:\n  {'type': 'missing', 'loc': ('body', 'messages', 0, 'role'), 'msg': 'Field required'}",
      'Bad Request',
      'body.messages',
    );
  }
  const { role, content } = message;
  if (typeof content === 'string') return { role, text: content, images: [], order: ['text'] };
  if (content === null && role === 'assistant') return { role, text: '', images: [], order: [] };
  if (!Array.isArray(content))
    return bad('content must be a string or an array of parts', 'Bad Request', 'body.messages');
  const texts: string[] = [];
  const images: SeenImage[] = [];
  const order: ('text' | 'image')[] = [];
  for (const part of content) {
    if (isFields(part) && part['type'] === 'text' && typeof part['text'] === 'string') {
      texts.push(part['text']);
      order.push('text');
    } else if (isFields(part) && part['type'] === 'image_url' && isFields(part['image_url'])) {
      const image = await readImage(part['image_url']['url']);
      if ('status' in image) return image;
      images.push(image);
      order.push('image');
    } else return bad('Unknown part type', 'Bad Request', 'body.messages');
  }
  return { role, text: texts.join('\n'), images, order };
}

function checkImages(messages: readonly SeenMessage[], model: string, rules: Rules): Refusal | undefined {
  const count = messages.reduce((sum, { images }) => sum + images.length, 0);
  if (count === 0) return undefined;
  if (!rules.vision && rules.profile.noVisionStatus === 500) {
    const message =
      'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj';
    return { status: 500, message, kind: 'server_error' };
  }
  if (!rules.vision) return bad(`${model} is not a multimodal model`);
  if (count <= rules.imageLimit) return undefined;
  return bad(
    `At most ${rules.imageLimit} image(s) may be provided in one prompt. Set \`--limit-mm-per-prompt\` to increase this limit.`,
    'BadRequestError',
    'image',
  );
}

function fitContext(
  question: Pick<ChatQuestion, 'model' | 'messages' | 'thinking'>,
  asked: unknown,
  rules: Rules,
): ChatQuestion | Refusal {
  const promptTokens = question.messages.reduce(
    (sum, { text, images }) =>
      sum +
      4 +
      countTokens(text) +
      images.reduce((all, { width, height }) => all + imageTokens(width, height), 0),
    0,
  );
  const limit = rules.maxModelLen;
  if (promptTokens >= limit) return bad(promptTooLong(rules.contextWording, promptTokens, limit));
  const maxTokens = typeof asked === 'number' ? asked : limit - promptTokens;
  if (maxTokens < 1) return bad('max_tokens must be at least 1');
  if (promptTokens + maxTokens > limit)
    return bad(outputTooLong(rules.contextWording, promptTokens, maxTokens, limit));
  return { ...question, maxTokens, promptTokens };
}

function promptTooLong(wording: ContextWording, input: number, limit: number): string {
  const lead = `This model's maximum context length is ${limit} tokens. However, `;
  switch (wording) {
    case 'v0.9':
      return `${lead}you requested ${input + 64} tokens (${input} in the messages, 64 in the completion). Please reduce the length of the messages or completion.`;
    case 'v0.11':
      return `${lead}your request has ${input} input tokens. Please reduce the length of the input messages.`;
    case 'early-2026':
      return `You passed ${input} input tokens and requested 64 output tokens. However, the model's context length is only ${limit} tokens, resulting in a maximum input length of ${limit - 64} tokens. Please reduce the length of the input prompt.`;
    case 'v0.25':
      return `${lead}you requested 64 output tokens and your prompt contains at least ${limit - 63} input tokens, for a total of at least ${limit + 1} tokens. Please reduce the length of the input prompt or the number of requested output tokens.`;
  }
}

function outputTooLong(wording: ContextWording, input: number, output: number, limit: number): string {
  const lead = `This model's maximum context length is ${limit} tokens`;
  switch (wording) {
    case 'v0.9':
      return `${lead}. However, you requested ${input + output} tokens (${input} in the messages, ${output} in the completion). Please reduce the length of the messages or completion.`;
    case 'v0.11':
      return `'max_tokens' or 'max_completion_tokens' is too large: ${output}. ${lead} and your request has ${input} input tokens (${output} > ${limit} - ${input}).`;
    case 'early-2026':
      return `You passed ${input} input tokens and requested ${output} output tokens. However, the model's context length is only ${limit} tokens, resulting in a maximum input length of ${limit - output} tokens. Please reduce the length of the input prompt.`;
    case 'v0.25':
      return `${lead}. However, you requested ${output} output tokens and your prompt contains at least ${limit - output + 1} input tokens, for a total of at least ${limit + 1} tokens. Please reduce the length of the input prompt or the number of requested output tokens.`;
  }
}

function messagesMissing(body: Fields, profile: Profile): Refusal {
  if (profile.name === 'llamacpp') {
    const missing = body['messages'] === undefined;
    return bad(
      missing ? "'messages' is required" : "Expected 'messages' to be an array",
      'invalid_request_error',
    );
  }
  if (profile.name === 'flask-seed')
    return bad("Invalid request format: missing 'messages' field", 'invalid_request_error');
  return bad(
    "1 validation error:\n  {'type': 'missing', 'loc': ('body', 'messages'), 'msg': 'Field required'}",
    'Bad Request',
    'body.messages',
  );
}

function unknownModel(model: string, profile: Profile): Refusal {
  if (profile.name === 'ollama')
    return { status: 404, message: `model '${model}' not found`, kind: 'not_found_error' };
  return {
    status: 404,
    message: `The model \`${model}\` does not exist.`,
    kind: 'NotFoundError',
    param: 'model',
  };
}

function bad(message: string, kind = 'BadRequestError', param?: string): Refusal {
  return { status: 400, message, kind, ...(param === undefined ? {} : { param }) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
