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

/** Qwen3-…-Thinking always thinks. Other names think only when asked to. */
export function alwaysThinks(model: string): boolean {
  return /thinking/i.test(model) && !/non-?thinking/i.test(model);
}

/**
 * Thinking checkpoints, and Qwen3.5 and 3.6 with thinking on (their default, but not the 0.8B's), put `<think>` into
 * the prompt (Qwen3 README; vLLM's qwen3 reasoning parser).
 */
function opensByName(model: string, thinking: boolean | undefined): boolean {
  if (alwaysThinks(model)) return true;
  if (!/qwen3\.[5-9]/i.test(model)) return false;
  return thinking ?? !/0\.8b/i.test(model);
}
