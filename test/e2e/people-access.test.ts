import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Person } from '../contract/harness.ts';
import { integrations } from './integrations.ts';
import { startPlatformBridge, type PlatformBridge, type PlatformBridgeOptions } from './platform-bridge.ts';

const answer = '这是回答。';

describe.each(integrations)('$name: who may ask, and who may steer', ({ name, create, traits }) => {
  let bridge: PlatformBridge;
  const begin = async (options: PlatformBridgeOptions = {}): Promise<PlatformBridge> =>
    (bridge = await startPlatformBridge(create, { qwen: { answer: () => ({ text: answer }) }, ...options }));
  afterEach(() => bridge.stop());

  /** Says it and waits for what is said in reply. */
  async function tell(where: 'direct' | 'group', text: string, from: Person = 'asker'): Promise<string> {
    const before = (await bridge.stage.replies(where)).length;
    bridge.stage.say({ where, from, text });
    const replies = await bridge.closed(before + 1, where);
    return replies.at(-1)?.words ?? '';
  }
  const entryIn = (words: string): string => /`?([a-z]+:(?!chat:)[^`\s"\\]+)/.exec(words)?.[1] ?? '';

  it('the code in the data folder makes its sender the first administrator, and nothing else', async () => {
    await begin({ environment: { ADMINS: '', ALLOW: '', LOG_LEVEL: 'trace' } });
    const file = join(bridge.folder, 'data', 'admin-code');
    const code = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await tell('direct', '/status')).toContain('不能使用');
    const said = await tell('direct', code.toUpperCase());
    if (traits.forgeable === true) {
      expect(said).toContain('ADMINS');
      expect(await tell('direct', '/status')).toContain('不能使用');
      expect(readFileSync(file, 'utf8').trim()).not.toBe(code);
    } else {
      expect(said).toContain('你现在是管理员了');
      expect(existsSync(file)).toBe(false);
      expect(await tell('direct', '/status')).toContain(`127.0.0.1:${bridge.qwen.port}`);
      expect(await tell('group', code, 'colleague')).toContain('不能使用');
      await bridge.restart('SIGKILL');
      expect(existsSync(file)).toBe(false);
      expect(await tell('direct', '你好')).toContain(answer);
    }
    const everything = JSON.stringify(bridge.service.log) + bridge.service.errors();
    expect(everything.toLowerCase()).not.toContain(code);
    expect(JSON.stringify(bridge.qwen.chats).toLowerCase()).not.toContain(code);
  });

  it.runIf(traits.forgeable !== true)(
    'an administrator denies and allows people by the id that /whoami prints, and the list by a word',
    async () => {
      await begin();
      const colleague = entryIn(await tell('group', '/whoami', 'colleague'));
      expect(colleague).toMatch(/^[a-z]+:\S+$/);
      expect(await tell('direct', '/deny @小明')).toContain('/whoami');
      expect(await tell('group', '一', 'colleague')).toContain(answer);
      expect(await tell('direct', `/deny ${colleague}`)).toContain('已禁止');
      const asked = bridge.qwen.chats.length;
      expect(await tell('group', '二', 'colleague')).toContain('不能使用');
      expect(await tell('group', '/help', 'colleague')).toContain('不能使用');
      expect(bridge.qwen.chats).toHaveLength(asked);
      const users = await tell('direct', '/users');
      for (const part of [colleague, '已禁止', 'ADMINS']) expect(users).toContain(part);
      expect(bridge.stage.refused()).toEqual([]);
      await bridge.restart('SIGKILL');
      expect(await tell('group', '三', 'colleague')).toContain('不能使用');
      expect(await tell('direct', `／允许\u3000${colleague}`)).toContain('可以提问');
      expect(await tell('group', '四', 'colleague')).toContain(answer);
      expect(await tell('direct', '/allow 名单')).toContain('名单');
      expect(await tell('group', '五', 'colleague')).toContain('不能使用');
      expect(await tell('direct', '六')).toContain(answer);
      const audit = await tell('direct', '/audit');
      for (const part of [`${colleague}=denied`, `${colleague}=denialLifted`, 'mode=listed', '✗ ask'])
        expect(audit).toContain(part);
    },
  );

  it.runIf(traits.forgeable !== true)(
    'a whole platform or one chat is allowed and denied like a person',
    async () => {
      const platform = name.slice(0, name.indexOf(',')).toLowerCase();
      await begin({ environment: { ALLOW: `${platform}:*` } });
      const shown = await tell('group', '/whoami', 'colleague');
      const chat = /[a-z]+:chat:[^`\s"\\]+/.exec(shown)?.[0];
      expect(await tell('group', '一', 'colleague')).toContain(answer);
      expect(await tell('direct', '/allow 所有人')).toContain('ALLOW');
      if (chat !== undefined) {
        expect(await tell('direct', `/deny ${chat}`)).toContain('已禁止');
        expect(await tell('group', '二', 'colleague')).toContain('不能使用');
        expect(await tell('direct', `/allow ${chat}`)).toContain('可以提问');
      }
      expect(await tell('direct', `/deny ${platform}:*`)).toContain('已禁止');
      expect(await tell('group', '三', 'colleague')).toContain('不能使用');
      expect(await tell('direct', '四')).toContain(answer);
      expect(await tell('direct', `/allow ${platform}:*`)).toContain('可以提问');
      expect(await tell('group', '五', 'colleague')).toContain(answer);
    },
  );

  it.runIf(traits.forgeable === true)('where nobody’s identity is proven, nobody steers', async () => {
    await begin();
    for (const command of ['/deny', '/allow 名单', '/users', '/audit', '/status'])
      expect(await tell('direct', command)).toContain('只有管理员');
    expect(await tell('direct', '/help')).not.toContain('/status');
    expect(await tell('direct', '问题')).toContain(answer);
  });
});
