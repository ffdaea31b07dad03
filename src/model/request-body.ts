import type { Json } from '../contract/ids.ts';
import { samplingFor } from './sampling.ts';
import { thinks } from './think-habits.ts';
import { estimateTokens } from './token-estimate.ts';
import type { ModelDescription, ModelMessage, ModelRequest, Sampling } from './types.ts';

/** The conversation as JSON, made once however often the request is sent: base64 of pictures is megabytes. */
export type PreparedMessages = {
  readonly json: string;
  readonly tokenEstimate: number;
  readonly messageCount: number;
  readonly imageCount: number;
  /** All pictures together, before base64 makes them a third larger. */
  readonly imageBytes: number;
};

export type BodyOptions = {
  readonly messages: PreparedMessages;
  readonly server: ModelDescription;
  readonly thinking: boolean | undefined;
  readonly maxTokens: number;
  /** Optional keys this server has refused by name. */
  readonly withoutKeys: ReadonlySet<string>;
  readonly extraBody: { readonly [key: string]: Json };
  /** Asked for with this request; set for few, so it goes before what is set for all. */
  readonly sampling?: Sampling;
};

export type Body = {
  readonly json: string;
  /** Keys a strict server may refuse and the request can do without. */
  readonly optionalKeys: readonly string[];
};

/** An answer is not planned longer than this unless it was asked for. */
const defaultMaxTokens = 8_192;
/** Thinking counts into the same budget; Qwen recommends this for it, where the window allows. */
const thinkingMaxTokens = 32_768;
/** A prompt that leaves less is sent all the same: our estimate is rough, and the server counts exactly. */
const leastMaxTokens = 256;
/** What the estimate may be short by. */
const marginTokens = 64;

export function prepareMessages(messages: readonly ModelMessage[]): PreparedMessages {
  const images = messages.flatMap((message) => message.images ?? []);
  return {
    json: JSON.stringify(messages.map(wireMessage)),
    tokenEstimate: estimateTokens(messages),
    messageCount: messages.length,
    imageCount: images.length,
    imageBytes: images.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
  };
}

/**
 * Takes pictures from earlier messages until `keep` are left. Undefined when the newest message alone has more: leaving
 * out what the person has just sent would answer another question.
 */
export function keepNewestImages(
  messages: readonly ModelMessage[],
  keep: number,
): readonly ModelMessage[] | undefined {
  let left = keep - (messages.at(-1)?.images?.length ?? 0);
  if (left < 0) return undefined;
  const kept = messages
    .slice(0, -1)
    .reverse()
    .map((message) => {
      const images = (message.images ?? []).slice(-Math.max(left, 0), left > 0 ? undefined : 0);
      left -= images.length;
      return { ...message, images };
    });
  return [...kept.reverse(), ...messages.slice(-1)];
}

/** What was asked for, or what the context leaves free. Always sent: engines' own defaults differ wildly. */
export function planMaxTokens(
  { maxOutputTokens, thinking }: ModelRequest,
  messages: PreparedMessages,
  { contextTokens, model }: Pick<ModelDescription, 'contextTokens' | 'model'>,
): number {
  const known = contextTokens !== undefined;
  const wanted = maxOutputTokens ?? (known && thinks(model, thinking) ? thinkingMaxTokens : defaultMaxTokens);
  if (!known) return wanted;
  const free = contextTokens - messages.tokenEstimate - marginTokens;
  return Math.min(wanted, Math.max(free, Math.min(leastMaxTokens, Math.floor(contextTokens / 4))));
}

/** `max_tokens`, not `max_completion_tokens`: Ollama knows only the former, and vLLM takes both. */
export function buildBody(options: BodyOptions): Body {
  const { server, thinking, withoutKeys } = options;
  const optional: { readonly [key: string]: Json } = {
    ...samplingFor(server, thinking),
    max_tokens: options.maxTokens,
    stream_options: { include_usage: true },
    ...thinkingSwitch(server, thinking),
    ...options.extraBody,
    ...options.sampling,
  };
  const kept = Object.entries(optional).filter(([key]) => !fixedKeys.has(key) && !withoutKeys.has(key));
  const rest = JSON.stringify({ model: server.model, stream: true, ...Object.fromEntries(kept) });
  return {
    json: `${rest.slice(0, -1)},"messages":${options.messages.json}}`,
    optionalKeys: kept.map(([key]) => key),
  };
}

/** What makes the request ours; the operator's extra body cannot change it. */
const fixedKeys: ReadonlySet<string> = new Set(['messages', 'stream']);

/** The one form the engine reads. Ollama knows no template arguments, and refuses its own switch where nothing can think. */
function thinkingSwitch(
  { engine, canThink }: ModelDescription,
  thinking: boolean | undefined,
): { readonly [key: string]: Json } {
  if (thinking === undefined) return {};
  if (engine !== 'ollama') return { chat_template_kwargs: { enable_thinking: thinking } };
  return canThink === false ? {} : { reasoning_effort: thinking ? 'medium' : 'none' };
}

function wireMessage({ role, text, images = [] }: ModelMessage): Json {
  if (images.length === 0) return { role, content: text };
  const pictures = images.map(({ mime, bytes }) => ({
    type: 'image_url',
    image_url: {
      url: `data:${mime};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`,
    },
  }));
  return { role, content: text === '' ? pictures : [...pictures, { type: 'text', text }] };
}
