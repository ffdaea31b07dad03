import type { Json } from '../contract/ids.ts';
import { thinks } from './think-habits.ts';
import type { ModelDescription, Sampling } from './types.ts';

/** A figure that is not given is left to the server. */
type Recommended = Sampling & { readonly temperature: number; readonly top_p: number };

type Family = 'qwen3' | 'qwen3-vl' | 'qwen3.5' | 'other';

/**
 * As Qwen recommends: Qwen3's quickstart, Qwen3-VL's README, Qwen3.5's card. Qwen3 itself gets no presence penalty: its
 * documents allow 0 to 2 against repetition and warn that more mixes languages.
 */
const recommended: Readonly<Record<Family, { readonly thinking: Recommended; readonly plain: Recommended }>> =
  {
    qwen3: {
      thinking: { temperature: 0.6, top_p: 0.95, top_k: 20, min_p: 0 },
      plain: { temperature: 0.7, top_p: 0.8, top_k: 20, min_p: 0 },
    },
    'qwen3-vl': {
      thinking: { temperature: 0.6, top_p: 0.95, top_k: 20, presence_penalty: 0 },
      plain: { temperature: 0.7, top_p: 0.8, top_k: 20, presence_penalty: 1.5 },
    },
    'qwen3.5': {
      thinking: { temperature: 1, top_p: 0.95, top_k: 20, min_p: 0, presence_penalty: 1.5 },
      plain: { temperature: 0.7, top_p: 0.8, top_k: 20, min_p: 0, presence_penalty: 1.5 },
    },
    other: { thinking: { temperature: 0.6, top_p: 0.95 }, plain: { temperature: 0.7, top_p: 0.8 } },
  };

/** Always sent, as far as the engine reads it: the engines' own defaults differ wildly, and Ollama's is no default of Qwen's. */
export function samplingFor(
  server: ModelDescription,
  thinking: boolean | undefined,
): { readonly [key: string]: Json } {
  const family = recommended[familyOf(server.model)];
  const { temperature, top_p, presence_penalty, top_k, min_p } = thinks(server.model, thinking)
    ? family.thinking
    : family.plain;
  // Not OpenAI's: Ollama does not read them, and an unknown server may refuse them.
  const own = server.engine !== 'openai' && server.engine !== 'ollama';
  return {
    temperature,
    top_p,
    ...(presence_penalty === undefined ? {} : { presence_penalty }),
    ...(own && top_k !== undefined ? { top_k } : {}),
    ...(own && min_p !== undefined ? { min_p } : {}),
  };
}

function familyOf(model: string): Family {
  if (/qwen-?3\.[5-9]/i.test(model)) return 'qwen3.5';
  if (/qwen-?3-?vl/i.test(model)) return 'qwen3-vl';
  return /qwen-?3/i.test(model) ? 'qwen3' : 'other';
}
