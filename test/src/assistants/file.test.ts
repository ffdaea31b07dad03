import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openAssistants, type AssistantBook } from '../../../src/assistants/book.ts';
import { decodeAssistants } from '../../../src/assistants/decode.ts';
import type { Assistants } from '../../../src/assistants/types.ts';

const platforms = new Set(['parrot']);

function good(text: string): Assistants {
  const decoded = decodeAssistants(text, platforms);
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.assistants;
}

function faults(text: string): string[] {
  const decoded = decodeAssistants(text, platforms);
  return decoded.ok ? [] : decoded.faults.map(({ line, where, expected }) => `${line} ${where}: ${expected}`);
}

const everything = `
answerLabel: { zh: 内容由 AI 生成, en: AI-generated }
default: helper
assistants:
  - name: Helper
    title: 帮手
    prompt: { zh: 你好, en: Hello }
    model: Qwen3-32B
    sampling: { temperature: 0.3, top_p: 0.8, top_k: 20, min_p: 0, presence_penalty: 1.5 }
    thinking: off
    maxCharacters: 100
    maxTokens: 500
    closing: 再见。
    tools: []
    chats: ['parrot:chat:c1']
    access: administrators
`;

describe('the assistants file', () => {
  it('gives every profile with what it says', () => {
    const { all, usual, answerLabel } = good(everything);
    expect(all).toEqual([
      {
        name: 'Helper',
        title: { zh: '帮手', en: '帮手' },
        prompt: { zh: '你好', en: 'Hello' },
        model: 'Qwen3-32B',
        sampling: { temperature: 0.3, top_p: 0.8, top_k: 20, min_p: 0, presence_penalty: 1.5 },
        thinking: false,
        maxCharacters: 100,
        maxTokens: 500,
        closing: { zh: '再见。', en: '再见。' },
        chats: [{ platform: 'parrot', id: 'c1' }],
        access: 'administrators',
      },
    ]);
    expect(usual?.name).toBe('Helper');
    expect(answerLabel).toEqual({ zh: '内容由 AI 生成', en: 'AI-generated' });
  });

  it('may be JSON as well, and a profile needs nothing but its name', () => {
    const { all } = good('{\n\t"assistants": [\n\t\t{ "name": "客服", "thinking": true }\n\t]\n}\n');
    expect(all[0]).toMatchObject({ name: '客服', title: { zh: '客服' }, thinking: true, access: 'all' });
    expect(good('# nothing yet\n').all).toEqual([]);
  });

  it('tells everything wrong with it at once, each with its line', () => {
    const text = `answerLable: x
default: nobody
assistants:
  - name: two words
  - title: 没有名字
  - name: a
    max_characters: 100
    maxTokens: many
    sampling: { temperature: 9, topp: 0.5 }
    thinking: perhaps
    tools: [search]
    access: everyone
  - name: A
    chats:
      - parrot:chat:c1
      - crow:chat:c1
      - parrot:u1
  - name: default
    chats: [parrot:chat:c1]
`;
    expect(faults(text)).toEqual([
      '1 answerLable: a known key; this one looks like answerLabel misspelt',
      '7 assistants[2].max_characters: a known key; this one looks like maxCharacters misspelt',
      '4 assistants[0].name: a name of at most 40 letters, digits, - and _',
      '4 assistants[0]: a name',
      '5 assistants[1]: a name',
      '9 assistants[2].sampling.topp: a known key; this one looks like top_p misspelt',
      '9 assistants[2].sampling.temperature: a number from 0 to 2',
      '10 assistants[2].thinking: one of: on, off, true, false',
      '8 assistants[2].maxTokens: a whole number from 1 to 1000000',
      '12 assistants[2].access: one of: all, administrators',
      '11 assistants[2].tools[0]: nothing: no tools are known yet, leave the list empty',
      '16 assistants[3].chats[1]: platform:chat:chatId, platform being one of: parrot',
      '17 assistants[3].chats[2]: platform:chat:chatId, platform being one of: parrot',
      '13 assistants[3].name: a name no other assistant has',
      '19 assistants[4].chats[0]: a chat no other assistant is bound to',
      '18 assistants[4].name: a name that is no word of the command itself',
      '2 default: the name of one of the assistants',
    ]);
  });

  it.each([
    ['assistants:\n  - name: a\n   title: b\n', 3],
    ['{ "assistants": [ }', 1],
    ['assistants: []\nassistants: []\n', 2],
    ['- name: a\n', 1],
    ['assistants: !!js/function x\n', 1],
  ])('that is no such document is named by its line: %j', (text, line) => {
    expect(faults(text)[0]).toMatch(new RegExp(`^${line} `));
  });

  it('quotes no value and no prompt that slipped into a key', () => {
    const told = faults(
      'assistants:\n  - name: a\n    secret words of a prompt: x\n    maxTokens: hidden\n',
    ).join('');
    expect(told).not.toMatch(/secret words|hidden/);
    expect(told).toContain('maxTokens');
  });

  it('follows anchors', () => {
    expect(
      good('assistants:\n  - name: a\n    closing: &end 再见。\n  - name: b\n    closing: *end\n').all[1]
        ?.closing?.zh,
    ).toBe('再见。');
  });

  it('ships as an example that is in order', () => {
    const { all } = good(
      readFileSync(new URL('../../../docs/assistants.example.yaml', import.meta.url), 'utf8'),
    );
    expect(all[0]).toMatchObject({ name: 'customer-service', maxCharacters: 100 });
    expect(all[0]?.closing?.zh).toBe('感谢您的咨询，祝您生活愉快！');
  });
});

describe('reading the file again', () => {
  const open = async (texts: (string | Error)[]): Promise<AssistantBook> => {
    const readFile = async (): Promise<string> => {
      const next = texts.shift() ?? '';
      if (next instanceof Error) throw next;
      return next;
    };
    return (await openAssistants({ file: 'a.yaml', readFile, platforms })).book;
  };
  const names = (book: AssistantBook): string[] => book.current().all.map(({ name }) => name);

  it('brings what it says now', async () => {
    const book = await open(['assistants: [{ name: a }]', 'assistants: [{ name: b }]']);
    expect(names(book)).toEqual(['a']);
    expect((await book.reload()).state).toBe('loaded');
    expect(names(book)).toEqual(['b']);
  });

  it('keeps what it said before when there is anything wrong with it, or it is gone', async () => {
    const gone = Object.assign(new Error('gone'), { code: 'ENOENT' });
    const book = await open(['assistants: [{ name: a }]', 'assistants: [{ nam: b }]', gone]);
    expect(await book.reload()).toMatchObject({ state: 'faulty' });
    expect(await book.reload()).toEqual({
      state: 'faulty',
      faults: [{ line: undefined, where: '', expected: 'the path of a file this process can read (ENOENT)' }],
    });
    expect(names(book)).toEqual(['a']);
  });
});
