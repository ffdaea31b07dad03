import { describe, expect, it } from 'vitest';
import { commands, commandsFor, parseCommand } from '../../../src/commands/registry.ts';

const everyone = commandsFor(false);
const administrators = commandsFor(true);
const nameIn = (text: string, available = administrators): string | undefined => {
  const parsed = parseCommand(text, available);
  return parsed?.known === true ? parsed.command.name : undefined;
};

describe('a command', () => {
  it.each([
    '/help',
    '／help',
    ' / help',
    '\u3000／\u3000help\u3000',
    '\u200b/\u200bhe\u200dlp\ufeff',
    '\u2060/help\u200e',
    '/HELP',
    '/Ｈｅｌｐ',
    '/help。',
    '/help.',
    '/help！',
    '/help？',
    '/help?',
    '/help~',
    '/帮助',
    '／帮助。',
    '帮助',
    ' 帮助。',
    '/?',
    '/？',
  ])('is understood as %j', (text) => {
    expect(parseCommand(text, everyone)).toMatchObject({ known: true, argument: '' });
    expect(nameIn(text)).toBe('help');
  });

  it.each([
    ['/lang en', 'en'],
    ['/lang\u3000en', 'en'],
    ['/lang：en', 'en'],
    ['/lang, en', 'en'],
    ['/lang\n en ', 'en'],
    ['／语言 中文', '中文'],
    ['/lang. en', 'en'],
    ['/lang \u200b en', 'en'],
    ['/lang 👨‍👩‍👧', '👨‍👩‍👧'],
  ])('%j brings its argument along', (text, argument) => {
    expect(parseCommand(text, everyone)).toMatchObject({ known: true, argument });
    expect(nameIn(text)).toBe('lang');
  });

  it('may have an argument with a number sign at once', () => {
    expect(parseCommand('/queue#k7p2', administrators)).toMatchObject({ argument: '#k7p2' });
  });

  it.each([
    '/etc/passwd 是什么文件',
    '//help',
    '/help/more',
    '/v1.2 有什么变化',
    '请发送 /help 看看',
    '“/help” 是什么意思',
    'help',
    '帮助我写一封信',
    '帮助？',
    '> /help',
    '帮助 帮助',
  ])('is not taken from %j', (text) => {
    expect(parseCommand(text, administrators)).toBeUndefined();
  });

  it('has a name and a Chinese name, and no two share one', () => {
    const names = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, aliases, summary } of commands) {
      expect([name, name]).toEqual([name, expect.stringMatching(/^[a-z]+$/)]);
      expect([name, aliases.some((alias) => /^\p{Script=Han}+$/u.test(alias))]).toEqual([name, true]);
      expect([name, summary.zh, summary.en]).not.toContain('');
      for (const alias of [name, ...aliases]) expect(nameIn(`/${alias}`)).toBe(name);
    }
  });
});

describe('a Chinese name alone in the message', () => {
  /** They take something away or speak to everybody, or are said every day. */
  const dangerous = ['pause', 'resume', 'broadcast', 'queue', 'allow', 'deny', 'limit', 'forget'];

  it.each(commands.filter(({ name }) => dangerous.includes(name)))(
    'is no command where it could do harm: $name',
    ({ aliases }) => {
      for (const alias of aliases.filter((other) => /^\p{Script=Han}+$/u.test(other)))
        expect([alias, nameIn(alias)]).toEqual([alias, undefined]);
    },
  );

  it('is one where it does none, for those who may use it; for others it is a question', () => {
    expect(nameIn('状态')).toBe('status');
    expect(parseCommand('状态', everyone)).toBeUndefined();
    expect(nameIn('停止', everyone)).toBe('stop');
  });
});

describe('a name that does not exist', () => {
  it.each([
    ['/halp', everyone, 'help'],
    ['/statsu', administrators, 'status'],
    ['/broadcats', administrators, 'broadcast'],
    ['/停下', everyone, 'stop'],
  ] as const)('%s leads to the nearest one', (text, available, nearest) => {
    expect(parseCommand(text, available)).toMatchObject({ known: false, nearest: { name: nearest } });
  });

  it('leads to no command of administrators for anybody else', () => {
    for (const text of ['/statsu', '/broadcats', '/paus', '/doctr', '/广', '/队']) {
      const parsed = parseCommand(text, everyone);
      expect(parsed?.known === false && parsed.nearest.access).toBe('everyone');
    }
  });

  it('that an administrator’s command has is known to be one, so that it is refused and not guessed', () => {
    expect(nameIn('/status', everyone)).toBe('status');
  });
});
