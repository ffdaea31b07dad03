import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { InboundMessage } from '../../../src/contract/inbound.ts';
import { openAdminCode } from '../../../src/core/admin-code.ts';
import type { TurnId } from '../../../src/core/turn.ts';
import type { Scope } from '../../../src/core/scope.ts';
import { fakeMediaRef, fakeMessage } from '../../fakes/adapter.ts';
import { createWorld, silentLog, type World } from '../../fakes/core.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const codeInFile = (): string => readFileSync(world.adminCodeFile, 'utf8').trim();
const administrators = (): string[] => world.policy.current().administrators.map(({ id }) => id);

async function tell(message: InboundMessage): Promise<string> {
  const before = world.adapter.replies.length;
  await world.core.inbox(message);
  await world.until(() => world.adapter.replies[before]?.outcome !== undefined, 'a reply');
  return world.adapter.replies[before]?.states.at(-1)?.markdown ?? '';
}

const direct = (text: string, parts: Parameters<typeof fakeMessage>[0] = {}): InboundMessage =>
  fakeMessage({ text, direct: true, chat: 'p2p-alice', ...parts });

/** Whatever lies in the data folder, as bytes. */
function stored(): string {
  const folder = dirname(world.adminCodeFile);
  const files = readdirSync(folder).filter((name) => name.startsWith('bridge.db'));
  return files.map((name) => readFileSync(`${folder}/${name}`, 'latin1')).join('\n');
}

describe('the code of the first administrator', () => {
  it('lies in a file for its owner only, has at least 80 random bits, and is nowhere else', () => {
    expect(statSync(world.adminCodeFile).mode & 0o777).toBe(0o600);
    const letters = codeInFile().replaceAll('-', '');
    expect(letters).toMatch(/^[2-9a-hjkmnp-z]+$/);
    expect(letters.length * Math.log2(31)).toBeGreaterThan(80);
    expect(world.logged.join('\n')).toContain(world.adminCodeFile);
    expect(world.logged.join('\n')).not.toContain(codeInFile());
  });

  it('that can never be settled is not tried for ever, and nothing is said that does not hold', async () => {
    Object.assign(world.store.audit, { write: () => Promise.reject(new Error('a bug')) });
    const failed = (): number => world.logged.filter((line) => line.includes('could not be stored')).length;
    const before = world.adapter.replies.length;
    await world.core.inbox(direct(codeInFile()));
    for (let tries = 1; world.adapter.replies.length === before; tries += 1) {
      expect(tries).toBeLessThan(10);
      await world.until(() => failed() === tries || world.adapter.replies.length > before, 'the try is over');
      await world.core.recover();
    }
    await world.until(() => world.adapter.replies[before]?.outcome !== undefined, 'it is closed');
    expect(world.adapter.last()).toMatchObject({
      markdown: '',
      notice: expect.stringContaining('出了点问题'),
    });
    expect(failed()).toBe(3);
  });

  it('stays the same over restarts, and its file is mended when it was damaged or opened to others', async () => {
    const code = codeInFile();
    writeFileSync(world.adminCodeFile, `${code}\n`, { mode: 0o644 });
    await world.restart();
    expect(codeInFile()).toBe(code);
    expect(statSync(world.adminCodeFile).mode & 0o777).toBe(0o600);
    writeFileSync(world.adminCodeFile, 'short');
    await world.restart();
    expect(codeInFile()).toMatch(/^\w{4}(-\w{4}){4}$/);
    expect(codeInFile()).not.toBe(code);
  });

  it('makes its sender administrator, once, and then is gone', async () => {
    const code = codeInFile();
    expect(await tell(direct(code))).toContain('你现在是管理员了');
    expect(administrators()).toEqual(['alice']);
    expect(existsSync(world.adminCodeFile)).toBe(false);
    expect(await tell(direct('/status'))).not.toContain('只有管理员');
    await tell(direct(code, { from: 'mallory', chat: 'p2p-mallory' }));
    expect(administrators()).toEqual(['alice']);
    const rows = await world.store.audit.newest(10);
    expect(rows).toContainEqual(
      expect.objectContaining({ act: 'admin-code', person: 'alice', allowed: true }),
    );
    expect(JSON.stringify(rows)).not.toContain(code);
  });

  it.each([
    ['in capitals', (code: string) => code.toUpperCase()],
    ['without dashes', (code: string) => code.replaceAll('-', '')],
    ['with blanks around and between', (code: string) => `  ${code.replaceAll('-', ' — ')}\n`],
    ['in full-width letters', (code: string) => code.replaceAll('2', '２').replaceAll('-', '－')],
  ])('is recognised %s', async (_how, write) => {
    await tell(direct(write(codeInFile())));
    expect(administrators()).toEqual(['alice']);
  });

  it('is claimed over a closed list too, so that nobody is locked out', async () => {
    await world.close();
    world = await createWorld({ allow: [] });
    expect(await tell(direct('你好'))).toContain('不能使用');
    expect(await tell(direct(codeInFile()))).toContain('你现在是管理员了');
  });

  it('reaches neither the store nor the log nor the model', async () => {
    const code = codeInFile();
    const picture = fakeMediaRef('picture');
    await tell(direct(code, { media: [picture] }));
    expect(stored().includes(code)).toBe(false);
    expect(world.logged.join('\n')).not.toContain(code);
    expect(world.model.asked).toHaveLength(0);
    expect(world.adapter.replies[0]?.states.map(({ markdown }) => markdown).join()).not.toContain(code);
  });

  it('a wrong try is an ordinary message', async () => {
    const wrong = codeInFile().replace(/^./, (first) => (first === '2' ? '3' : '2'));
    expect(await tell(direct(wrong))).toBe('ok');
    expect(world.model.asked[0]?.messages.at(-1)?.text).toBe(wrong);
    expect(administrators()).toEqual([]);
  });
});

describe('a code that others have seen', () => {
  const exposures: readonly (readonly [string, (code: string) => InboundMessage, string])[] = [
    ['sent in a group', (code) => fakeMessage({ text: code }), '单聊'],
    ['sent in a group without a mention', (code) => fakeMessage({ text: code, addressed: false }), '单聊'],
    ['sent among other words', (code) => direct(`这是管理员码：${code} 对吗`), '单独'],
    ['sent where nobody’s identity is proven', (code) => direct(code, { forgeable: true }), 'ADMINS'],
    ['sent by nobody', (code) => direct(code, { from: '' }), 'ADMINS'],
  ];

  it.each(exposures)('%s makes nobody administrator and is replaced', async (_how, expose, words) => {
    const old = codeInFile();
    expect(await tell(expose(old))).toContain(words);
    expect(administrators()).toEqual([]);
    expect(codeInFile()).not.toBe(old);
    expect(statSync(world.adminCodeFile).mode & 0o777).toBe(0o600);
    expect(stored().includes(old)).toBe(false);
    expect(world.model.asked).toHaveLength(0);
    expect(world.logged.join('\n')).not.toContain(old);
    await tell(direct(old, { from: 'mallory' }));
    expect(administrators()).toEqual([]);
    expect(await tell(direct(codeInFile()))).toContain('你现在是管理员了');
    const rows = await world.store.audit.newest(10);
    expect(rows.filter(({ act, allowed }) => act === 'admin-code' && !allowed)).toHaveLength(1);
  });

  it('loses its power at once, not only when its file is written', async () => {
    const code = codeInFile();
    await Promise.all([
      world.core.inbox(fakeMessage({ text: code, from: 'alice' })),
      world.core.inbox(direct(code, { from: 'mallory', chat: 'p2p-mallory' })),
    ]);
    await world.until(() => world.adapter.replies.filter(({ outcome }) => outcome).length === 2);
    expect(administrators()).toEqual([]);
  });
});

describe('several at once, crashes and deliveries', () => {
  it('of two who send it at the same moment one becomes administrator, and the other is told', async () => {
    const code = codeInFile();
    const people = ['alice', 'bob', 'carol'];
    await Promise.all(people.map((from) => world.core.inbox(direct(code, { from, chat: `p2p-${from}` }))));
    const said = (): string[] =>
      world.adapter.replies.flatMap(({ outcome, states }) =>
        outcome === undefined ? [] : [states.at(-1)?.markdown ?? ''],
      );
    await world.until(() => said().length === 3);
    expect(administrators()).toHaveLength(1);
    expect(said().filter((words) => words.includes('你现在是管理员了'))).toHaveLength(1);
    expect(said().filter((words) => words.includes('被别人用掉'))).toHaveLength(2);
  });

  it('makes nobody administrator where another process has made one meanwhile', async () => {
    const { platform } = world.adapter;
    await world.store.policy.addAdministrator({ platform, id: 'other', addedAt: 1, addedBy: 'code' });
    expect(await tell(direct(codeInFile()))).toContain('被别人用掉');
    expect(administrators()).toEqual(['other']);
  });

  it('a redelivery has no effect', async () => {
    const message = direct(codeInFile());
    await tell(message);
    expect(await world.core.inbox(message)).toEqual({ outcome: 'duplicate' });
    expect(world.adapter.replies).toHaveLength(1);
  });

  it('a claim that was admitted before a crash is carried out after it', async () => {
    const message = direct(codeInFile());
    const { place, sender } = message;
    const turn = {
      id: 'claimedclaimed22' as TurnId,
      kind: 'notice',
      notice: { code: 'administrator-claimed' },
      scope: '["direct"]' as Scope,
      message: { ...message, text: '' },
      buttonKey: 'x'.repeat(28),
      acceptedAt: Date.now(),
    } as const;
    const { adapter } = place;
    const { eventKey } = message;
    await world.store.turns.admit({ adapter, eventKey, at: turn.acceptedAt, turnIfNew: () => turn });
    await world.restart();
    await world.until(() => world.adapter.replies[0]?.outcome !== undefined);
    expect(administrators()).toEqual([sender.key]);
    expect(existsSync(world.adminCodeFile)).toBe(false);
  });

  it('disappears at the start after an administrator exists in another way', async () => {
    expect(existsSync(world.adminCodeFile)).toBe(true);
    await world.policy.addAdministrator({
      platform: world.adapter.platform,
      id: 'root',
      addedAt: 1,
      addedBy: 'test',
    });
    await world.restart();
    expect(existsSync(world.adminCodeFile)).toBe(false);
    await world.close();
    world = await createWorld({ admins: ['root'] });
    expect(existsSync(world.adminCodeFile)).toBe(false);
  });

  it('a folder that takes no file leaves the service answering', async () => {
    const lines: string[] = [];
    const code = await openAdminCode({
      file: '/proc/nowhere/admin-code',
      policy: world.policy,
      store: world.store,
      clock: systemClock,
      randomByte: () => 7,
      log: { ...silentLog, error: (_fields, message) => void lines.push(message) },
    });
    expect(lines).toEqual(['the code of the first administrator could not be written']);
    expect(code.look(direct('9999-9999-9999-9999-9999'))).toBeUndefined();
  });
});
