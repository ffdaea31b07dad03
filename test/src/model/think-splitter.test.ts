import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createThinkSplitter, type SplitPart, type ThinkingSeen } from '../../../src/model/think-splitter.ts';
import { replay } from './support.ts';

type Split = {
  readonly text: string;
  readonly reasoning: string;
  readonly seen: ThinkingSeen;
  readonly parts: readonly SplitPart[];
};

function split(pieces: readonly string[], { opened = false, whole = true } = {}): Split {
  const parts: SplitPart[] = [];
  const splitter = createThinkSplitter(opened, (part) => parts.push(part));
  for (const piece of pieces) splitter.text(piece);
  splitter.end(whole);
  return { ...replay(parts), seen: splitter.seen(), parts };
}

describe('the think splitter', () => {
  it('separates thinking between both tags from the answer', () => {
    expect(split(['<think>\nhm\n</think>\n\nYes.'])).toMatchObject({
      text: 'Yes.',
      reasoning: '\nhm\n',
      seen: 'tags',
    });
  });

  it('shows nothing as answer before the closing tag when the template opened it', () => {
    const result = split(['let me', ' see</thi', 'nk>\n\nYes.'], { opened: true });
    expect(result).toMatchObject({ text: 'Yes.', reasoning: 'let me see', seen: 'close-only' });
    expect(result.parts.some(({ type }) => type === 'text-was-reasoning')).toBe(false);
  });

  it('takes shown text back when a bare closing tag comes late', () => {
    const result = split(['let me see', '\n</think>\n\nYes.']);
    expect(result).toMatchObject({ text: 'Yes.', reasoning: 'let me see\n', seen: 'close-only' });
    expect(result.parts.filter(({ type }) => type === 'text-was-reasoning')).toHaveLength(1);
  });

  it('gives the text as the answer when a model thought to open its thinking never closed it', () => {
    expect(split(['plain ', 'answer'], { opened: true })).toMatchObject({
      text: 'plain answer',
      seen: 'none',
    });
    expect(split(['cut '], { opened: true, whole: false })).toMatchObject({ text: '', reasoning: 'cut ' });
  });

  it('leaves a tag alone that the answer only writes about', () => {
    const inline = 'Qwen closes with `</think>` always.';
    const fenced = 'Like this:\n```\n<think>\nx\n</think>\n```\ndone';
    expect(split([inline]).text).toBe(inline);
    expect(split([fenced]).text).toBe(fenced);
    expect(split(['<think>a</think>\n\nsay </think> twice']).text).toBe('say </think> twice');
  });

  it('keeps everything that merely looks like the beginning of a tag', () => {
    expect(split(['a < b and </th']).text).toBe('a < b and </th');
    expect(split(['<thin']).text).toBe('<thin');
    expect(split(['  \n']).text).toBe('  \n');
  });

  it('reads an empty pair of tags as no thinking', () => {
    expect(split(['<think>\n\n</think>\n\nHi'])).toMatchObject({ text: 'Hi' });
  });

  it('gives the same wherever the text is cut', () => {
    const texts = fc.constantFrom(
      '<think>\n嗯,先看😀\n</think>\n\n答案 < 是 </b> 5。',
      '先想想\n</think>\n\n答案',
      'no tags, only </thi and <think> later',
      '```\n</think>\n```',
    );
    fc.assert(
      fc.property(texts, fc.boolean(), fc.array(fc.nat(60), { maxLength: 12 }), (text, opened, cuts) => {
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, text.length)).sort((one, other) => one - other),
          text.length,
        ];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        const { text: answer, reasoning } = split(pieces, { opened });
        const whole = split([text], { opened });
        expect({ answer, reasoning }).toEqual({ answer: whole.text, reasoning: whole.reasoning });
      }),
    );
  });
});
