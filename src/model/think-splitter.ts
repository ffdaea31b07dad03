/** What the splitter gives out; a subset of the model's events. */
export type SplitPart =
  | { readonly type: 'reasoning-delta'; readonly text: string }
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'text-was-reasoning' };

/**
 * How this answer marked its thinking: `tags` both of them, `close-only` the template had opened it in the prompt,
 * `field` in a key of its own, `none`.
 */
export type ThinkingSeen = 'tags' | 'close-only' | 'field' | 'none';

export type ThinkSplitter = {
  reasoning(text: string): void;
  text(text: string): void;
  /** Gives out what was held back. `whole`: the answer ended by itself, so what came is all there is. */
  end(whole: boolean): void;
  seen(): ThinkingSeen;
};

const openTag = '<think>';
const closeTag = '</think>';

/**
 * Keeps thinking apart from the answer, whether it comes in a field or between tags cut anywhere. With `opened` the
 * text starts as thinking, as the model's template opens the tag in the prompt; if no tag ever closes it and the answer
 * ends by itself, it was the answer after all.
 */
export function createThinkSplitter(opened: boolean, emit: (part: SplitPart) => void): ThinkSplitter {
  let state: 'start' | 'thinking' | 'gap' | 'answer' | 'settled' = 'start';
  let seen: ThinkingSeen = 'none';
  let held = '';
  let shown = false;
  let quotes: Quotes = { fences: 0, run: 0 };
  let assumed = '';

  function give(type: 'reasoning-delta' | 'text-delta', text: string): void {
    if (text === '') return;
    if (state === 'answer') {
      shown = true;
      quotes = quotesAfter(quotes, text);
    }
    if (state === 'thinking' && seen === 'none') assumed += text;
    emit({ type, text });
  }

  /** Each step consumes what it can of `held`; true when the next state should look at the rest. */
  const steps = {
    start(): boolean {
      const begun = held.trimStart();
      if (openTag.startsWith(begun)) return false;
      const tagged = begun.startsWith(openTag);
      if (tagged) {
        held = begun.slice(openTag.length);
        seen = 'tags';
      }
      state = tagged || opened ? 'thinking' : 'answer';
      return true;
    },
    thinking(): boolean {
      const at = held.indexOf(closeTag);
      if (at < 0) {
        releaseBut('reasoning-delta', partialTag(held));
        return false;
      }
      give('reasoning-delta', held.slice(0, at));
      close(at);
      return true;
    },
    gap(): boolean {
      held = held.replace(/^[\r\n]+/, '');
      if (held === '') return false;
      state = 'settled';
      return true;
    },
    answer(): boolean {
      const at = held.indexOf(closeTag);
      if (at < 0) {
        releaseBut('text-delta', partialTag(held));
        return false;
      }
      if (isQuoted(quotesAfter(quotes, held.slice(0, at)))) {
        give('text-delta', held.slice(0, at + closeTag.length));
        held = held.slice(at + closeTag.length);
        return true;
      }
      if (shown) emit({ type: 'text-was-reasoning' });
      state = 'thinking';
      give('reasoning-delta', held.slice(0, at));
      close(at);
      return true;
    },
    settled(): boolean {
      releaseBut('text-delta', 0);
      return false;
    },
  };

  function close(at: number): void {
    if (seen === 'none') seen = 'close-only';
    held = held.slice(at + closeTag.length);
    state = 'gap';
  }

  function releaseBut(type: 'reasoning-delta' | 'text-delta', kept: number): void {
    const text = held.slice(0, held.length - kept);
    held = held.slice(held.length - kept);
    give(type, text);
  }

  return {
    reasoning(text) {
      if (text === '') return;
      seen = 'field';
      // A server that parses the thinking itself leaves no tags behind: whatever follows is the answer.
      if (state === 'start' || state === 'answer') state = 'settled';
      emit({ type: 'reasoning-delta', text });
    },
    text(text) {
      if (text === '') return;
      held += text;
      while (steps[state]());
    },
    end(whole) {
      if (state === 'thinking') releaseBut('reasoning-delta', 0);
      else if (state !== 'gap') releaseBut('text-delta', 0);
      if (whole && state === 'thinking' && seen === 'none') emit({ type: 'text-delta', text: assumed });
    },
    seen: () => seen,
  };
}

/** How many characters at the end may be the beginning of `</think>`. */
function partialTag(text: string): number {
  for (let length = Math.min(text.length, closeTag.length - 1); length > 0; length -= 1) {
    if (closeTag.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}

/** How many fences of three backticks a text holds, and how many backticks it ends with. */
type Quotes = { readonly fences: number; readonly run: number };

function quotesAfter(before: Quotes, text: string): Quotes {
  if (!text.includes('`')) return before.run === 0 || text === '' ? before : { ...before, run: 0 };
  let { fences, run } = before;
  for (const character of text) {
    run = character === '`' ? run + 1 : 0;
    if (run > 0 && run % 3 === 0) fences += 1;
  }
  return { fences, run };
}

/** A tag that the answer merely writes about: in backticks, or inside a fenced block. */
function isQuoted({ fences, run }: Quotes): boolean {
  return run > 0 || fences % 2 === 1;
}
