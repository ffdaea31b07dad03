import type { Profile } from './profiles.ts';
import type { ChatQuestion, ReasoningWire, WireStyle } from './types.ts';

export type Piece = { readonly kind: 'reasoning' | 'text'; readonly text: string };

export type ChunkMaker = {
  role(): string | undefined;
  piece(piece: Piece, completionTokens: number, finishReason?: string): string;
  finish(finishReason: string, completionTokens: number): string;
  usage(completionTokens: number): string;
};

type ChunkOptions = {
  readonly id: string;
  readonly profile: Profile;
  readonly question: ChatQuestion;
  readonly reasoning: ReasoningWire;
  readonly wire: WireStyle;
  readonly continuousUsage: boolean;
};

/** Writes `chat.completion.chunk` payloads the way the engine does; constant parts are made once per stream. */
export function createChunkMaker(options: ChunkOptions): ChunkMaker {
  const { profile, question, wire } = options;
  const created = Math.floor(Date.now() / 1000);
  const lead = `{"id":${JSON.stringify(options.id)},"object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(question.model)},`;

  function usageFields(completionTokens: number): string {
    const total = question.promptTokens + completionTokens;
    return `"usage":{"prompt_tokens":${question.promptTokens},"total_tokens":${total},"completion_tokens":${completionTokens}}`;
  }

  function chunk(delta: string, completionTokens: number, finishReason: string | undefined): string {
    const finish = finishReason === undefined ? 'null' : JSON.stringify(finishReason);
    const usage = options.continuousUsage
      ? `,${usageFields(completionTokens)}`
      : wire.zeroUsage
        ? ',"usage":{"prompt_tokens":0,"total_tokens":0,"completion_tokens":0}'
        : '';
    return `${lead}"choices":[{"index":0,"delta":${delta},${profile.choiceExtras}"finish_reason":${finish}}]${usage}}`;
  }

  function delta(fields: Readonly<Record<string, string>>): string {
    const withNulls = Object.fromEntries(profile.nullDeltaKeys.map((key) => [key, null]));
    const json = JSON.stringify({ ...withNulls, ...fields });
    return profile.asciiEscapes ? escapeToAscii(json) : json;
  }

  return {
    role: () =>
      profile.roleDelta === undefined
        ? undefined
        : chunk(emptyDelta(wire, profile.roleDelta, '"role":"assistant"'), 0, undefined),
    piece: ({ kind, text }, completionTokens, finishReason) =>
      chunk(
        delta(kind === 'text' ? { content: text } : reasoningFields(options.reasoning, text)),
        completionTokens,
        finishReason,
      ),
    finish: (finishReason, completionTokens) =>
      chunk(emptyDelta(wire, '{}', ''), completionTokens, finishReason),
    usage: (completionTokens) => `${lead}"choices":[],${usageFields(completionTokens)}}`,
  };
}

function emptyDelta(wire: WireStyle, usual: string, lead: string): string {
  const join = lead === '' ? '' : ',';
  switch (wire.noContent) {
    case 'profile':
      return usual;
    case 'null':
      return `{${lead}${join}"content":null}`;
    case 'empty':
      return `{${lead}${join}"content":""}`;
    case 'absent':
      return `{${lead}}`;
  }
}

function reasoningFields(wire: ReasoningWire, text: string): Record<string, string> {
  if (wire === 'both') return { reasoning: text, reasoning_content: text };
  return { [wire]: text };
}

/** Python's json.dumps: everything beyond ASCII as `\uXXXX`, astral characters as two halves. */
function escapeToAscii(json: string): string {
  return json.replace(/[^\p{ASCII}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
