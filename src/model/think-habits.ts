import type { ThinkingSeen } from './think-splitter.ts';

/** Whether a model's template opens the thinking in the prompt: known from its name at first, then from its answers. */
export type ThinkHabits = {
  opens(model: string, thinking: boolean | undefined): boolean;
  learn(model: string, thinking: boolean | undefined, seen: ThinkingSeen): void;
};

/** Models times settings; far more than any server has. */
const capacity = 100;

export function createThinkHabits(): ThinkHabits {
  const learned = new Map<string, boolean>();
  const keyOf = (model: string, thinking: boolean | undefined): string => `${String(thinking)} ${model}`;
  return {
    opens: (model, thinking) => learned.get(keyOf(model, thinking)) ?? opensByName(model, thinking),
    learn(model, thinking, seen) {
      if (learned.size >= capacity) learned.clear();
      learned.set(keyOf(model, thinking), seen === 'close-only');
    },
  };
}

/** Qwen3-…-Thinking and QwQ always think. Other names think only when asked to. */
export function alwaysThinks(model: string): boolean {
  return /thinking|qwq/i.test(model) && !/non-?thinking/i.test(model);
}

/** Whether `/think` has an effect on a model of this name: Instruct, Coder and Thinking checkpoints have no switch. */
export function canSwitchThinking(model: string): boolean {
  return !alwaysThinks(model) && !/instruct|coder|non-?thinking|qwen-?(1\.5|2)/i.test(model);
}

/** Whether an answer will begin with thinking, by the model's name and the switch; without a switch, by its default. */
export function thinks(model: string, thinking: boolean | undefined): boolean {
  if (alwaysThinks(model)) return true;
  if (!canSwitchThinking(model)) return false;
  return thinking ?? thinksByDefault(model);
}

/** Qwen3's hybrids and Qwen3.5 and 3.6 do, the 0.8B of Qwen3.5 does not (its card). */
function thinksByDefault(model: string): boolean {
  return /qwen-?3/i.test(model) && !/0\.8b|qwen-?3-?vl/i.test(model);
}

/**
 * Thinking checkpoints, and Qwen3.5 and 3.6 with thinking on (their default, but not the 0.8B's), put `<think>` into
 * the prompt (Qwen3 README; vLLM's qwen3 reasoning parser).
 */
function opensByName(model: string, thinking: boolean | undefined): boolean {
  if (alwaysThinks(model)) return true;
  if (!/qwen-?3\.[5-9]/i.test(model)) return false;
  return thinks(model, thinking);
}
