import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerShape, type ShapeOptions } from '../../../src/assistants/answer-shape.ts';
import { bareSentence } from '../../../src/assistants/sentences.ts';

const closing = '感谢您的咨询，祝您生活愉快！';

type Shown = { readonly text: string; readonly full: boolean; readonly states: readonly string[] };

/** What is shown of an answer that comes in these pieces and ends well. */
function show(options: Partial<ShapeOptions>, pieces: readonly string[], whole = true): Shown {
  const shape = createAnswerShape({ maxCharacters: undefined, closing: undefined, ...options });
  let text = '';
  const states: string[] = [];
  for (const piece of pieces) {
    if (shape.full()) break;
    text += shape.push(piece);
    states.push(text);
  }
  const full = shape.full();
  return { text: text + shape.end(whole), full, states };
}

const inLetters = (text: string): readonly string[] => Array.from(text);

describe('the longest length of an answer', () => {
  const sentence = (index: number): string => `这是第${index}句，正好十二字。`;
  const long = Array.from({ length: 10 }, (_, index) => sentence(index)).join('');

  it('ends it after the last whole sentence that fits', () => {
    const { text, full } = show({ maxCharacters: 50 }, inLetters(long));
    expect(text).toBe([0, 1, 2, 3].map(sentence).join(''));
    expect(full).toBe(true);
  });

  it('is known to be reached before the model has written all it could', () => {
    let read = 0;
    const shape = createAnswerShape({ maxCharacters: 50, closing: undefined });
    for (const letter of long) {
      if (shape.full()) break;
      read += 1;
      shape.push(letter);
    }
    expect(read).toBe(51);
  });

  it('leaves an answer alone that fits to the letter', () => {
    const answer = sentence(1) + sentence(2);
    expect(show({ maxCharacters: answer.length }, inLetters(answer))).toMatchObject({
      text: answer,
      full: false,
    });
  });

  it('ends a first sentence that is longer in its middle, and says so', () => {
    const { text } = show(
      { maxCharacters: 10 },
      inLetters('这个句子没有任何停顿所以一直说下去直到很久以后。'),
    );
    expect(text).toBe('这个句子没有任何停…');
  });

  it('counts characters, not bytes or halves, and cuts none in two', () => {
    const family = '👨‍👩‍👧';
    const { text } = show({ maxCharacters: 8 }, inLetters(`${family}${family}${family}没有句号`));
    expect(text).toBe(`${family}…`);
  });

  it('ends no sentence at a decimal point, a list’s number, or inside quotation marks', () => {
    const answer = '1. 价格是 3.14 元。\n2. 他说：“好。”然后走了。\n';
    expect(show({ maxCharacters: 18 }, inLetters(answer)).text).toBe('1. 价格是 3.14 元。');
    expect(show({ maxCharacters: 14 }, inLetters('Version 1.2 is out. It is big.')).text).toBe(
      'Version 1.2 i…',
    );
    expect(show({ maxCharacters: 25 }, inLetters('Version 1.2 is out. It is big.')).text).toBe(
      'Version 1.2 is out.',
    );
  });

  it('does not end with a heading or an announcement of what no longer fits', () => {
    const answer = '先看结论。步骤如下：\n第一步打开后台的设置页面。\n';
    expect(show({ maxCharacters: 15 }, inLetters(answer)).text).toBe('先看结论。');
  });

  it('keeps bold marks with the sentence they close', () => {
    const answer = '**请先重启。**然后再试一次，如果不行请联系我们。';
    expect(show({ maxCharacters: 12 }, inLetters(answer)).text).toBe('**请先重启。**');
  });

  it('shows an answer sentence by sentence', () => {
    const { states } = show({ maxCharacters: 100 }, inLetters('一。二。三。'));
    expect([...new Set(states)]).toEqual(['', '一。', '一。二。']);
  });
});

describe('the closing sentence', () => {
  it('follows a whole answer after a blank line', () => {
    expect(show({ closing }, ['好的，', '已经处理。']).text).toBe(`好的，已经处理。\n\n${closing}`);
  });

  it.each([
    [`好的。${closing}`],
    [`好的。\n\n${closing}`],
    [`好的。\n\n**${closing}**\n`],
    ['好的。感谢您的咨询，祝您生活愉快'],
    ['好的。感谢您的咨询,祝您生活愉快!'],
    [`${closing}好的。`],
    [`好的。${closing}${closing}`],
  ])('stands there once when the model writes %s', (answer) => {
    const expected = `好的。\n\n${closing}`;
    expect(show({ closing }, inLetters(answer)).text).toBe(expected);
    expect(show({ closing, maxCharacters: 100 }, inLetters(answer)).text).toBe(expected);
  });

  it('is not repeated after a sentence that ends in it', () => {
    const answer = '好的，感谢您的咨询，祝您生活愉快！';
    expect(show({ closing }, inLetters(answer)).text).toBe(answer);
  });

  it('of several sentences is recognised as a whole only', () => {
    const two = '感谢咨询。祝您愉快。';
    expect(show({ closing: two }, inLetters(`好的。${two}`)).text).toBe(`好的。\n\n${two}`);
    expect(show({ closing: two }, inLetters('好的。感谢咨询。再见。')).text).toBe(
      `好的。感谢咨询。再见。\n\n${two}`,
    );
  });

  it('does not eat words that only resemble it', () => {
    const answer = '感谢您的咨询，祝您生活愉快的同事已经处理。';
    expect(show({ closing }, inLetters(answer)).text).toBe(`${answer}\n\n${closing}`);
  });

  it('does not hold an answer back that has no longest length', () => {
    const { states } = show({ closing }, ['好', '的', '，正在']);
    expect(states).toEqual(['好', '好的', '好的，正在']);
  });

  it('is not counted, and follows an answer that was ended at its longest length', () => {
    const { text } = show({ closing, maxCharacters: 6 }, inLetters('已经处理。请稍等一会儿再来看看。'));
    expect(text).toBe(`已经处理。\n\n${closing}`);
  });

  it('does not stand under an answer that is not whole, or under none at all', () => {
    expect(show({ closing }, ['说到一半'], false).text).toBe('说到一半');
    expect(show({ closing }, []).text).toBe('');
    expect(show({ closing }, ['  \n']).text).toBe('');
  });

  it('stands outside a code block that was left open', () => {
    expect(show({ closing }, ['```sh\nls\n']).text).toBe(`\`\`\`sh\nls\n\`\`\`\n\n${closing}`);
  });
});

describe('any answer', () => {
  const words = fc.array(
    fc.constantFrom('好', '的', '。', '！', '\n', ' ', '.', '1', 'a', '**', '：', '“', '”', closing, '😀'),
    { maxLength: 60 },
  );

  it('is shown the same however it is cut into pieces, and never beyond its longest length', () => {
    fc.assert(
      fc.property(words, fc.constantFrom(undefined, 5, 20), fc.boolean(), (parts, maxCharacters, closes) => {
        const options = { maxCharacters, closing: closes ? closing : undefined };
        const whole = parts.join('');
        const { text } = show(options, [whole]);
        expect(show(options, inLetters(whole)).text).toBe(text);
        const body = closes && text.endsWith(closing) ? text.slice(0, -closing.length).trimEnd() : text;
        if (maxCharacters !== undefined) expect(Array.from(body).length).toBeLessThanOrEqual(maxCharacters);
        if (closes && whole.trim() !== '') expect(bareSentence(text)).toMatch(/祝您生活愉快$/u);
      }),
      { numRuns: 2_000 },
    );
  });
});
