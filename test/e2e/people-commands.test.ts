import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/registry.ts';
import type { ShownReply } from '../contract/harness.ts';
import { stateFolder } from '../support/service-process.ts';
import { integrations } from './integrations.ts';
import { startPlatformBridge, type PlatformBridge, type PlatformBridgeOptions } from './platform-bridge.ts';

/** Everyone's commands, in a way that changes nothing of what comes after them. */
const harmless = commands
  .filter(({ name, access }) => access === 'everyone' && !['stop', 'retry'].includes(name))
  .map(({ name }) => `/${name}`);

const quick = { firstTokenDelayMs: 10, tokensPerSecond: 2_000 };

describe.each(integrations)('$name: commands', ({ create, traits }) => {
  let bridge: PlatformBridge;
  const begin = async (options: PlatformBridgeOptions = {}): Promise<PlatformBridge> =>
    (bridge = await startPlatformBridge(create, options));
  afterEach(() => bridge.stop());

  /** Says it, in the direct chat or as an employee in the group, and waits for a whole reply, whatever else grows there. */
  async function tell(text: string, where: 'direct' | 'group' = 'direct'): Promise<ShownReply> {
    const before = new Set((await bridge.stage.replies(where)).map(({ id }) => id));
    bridge.stage.say({ where, text, ...(where === 'group' ? { from: 'colleague' } : {}) });
    let reply: ShownReply | undefined;
    await bridge.until(async () => {
      const replies = await bridge.stage.replies(where);
      reply = replies.find(({ id, live }) => !before.has(id) && !live);
      return reply !== undefined;
    }, `a reply to ${text}`);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  it('work while an answer streams, in the language the person chose, and leave it alone', async () => {
    const { qwen, stage, until } = await begin({
      qwen: {
        answer: () => ({ text: '很长的故事。'.repeat(2_000) }),
        speed: { firstTokenDelayMs: 20, tokensPerSecond: 20 },
      },
    });
    stage.say({ where: 'direct', text: '讲个故事' });
    await until(() => (qwen.chats[0]?.tokenTimes.length ?? 0) > 5, 'the model speaks');
    for (const text of harmless) {
      const { text: said } = await tell(text);
      // What stands between backticks and behind a slash is to be typed as it is.
      const prose = said.replace(/`[^`]*`|\/[a-z]+( [a-z#]+)*|ADMINS|ASSISTANTS_FILE|docs\/\S+/g, '');
      expect([text, prose]).toEqual([text, expect.stringMatching(/\p{Script=Han}/u)]);
      expect([text, prose]).toEqual([text, expect.not.stringMatching(/[a-z]{2,} [a-z]{2,} [a-z]{2,}/i)]);
    }
    // Elsewhere, for a chat of DingTalk takes twenty messages a minute and no more.
    await tell('/lang en', 'group');
    for (const text of harmless) {
      const { text: said } = await tell(text, 'group');
      expect([text, said]).toEqual([text, expect.stringMatching(/[a-z]{2,}/i)]);
      expect([text, said]).toEqual([text, expect.not.stringMatching(/\p{Script=Han}/u)]);
    }
    expect(qwen.chats).toHaveLength(1);
    expect(qwen.aborts).toBe(0);
    const soFar = qwen.chats[0]?.tokenTimes.length ?? 0;
    await until(() => (qwen.chats[0]?.tokenTimes.length ?? 0) > soFar, 'the answer goes on');
    expect((await tell('/stop')).text).toContain('已停止 1 个回答');
    await until(() => qwen.aborts === 1, 'the model is let go');
    expect(stage.refused()).toEqual([]);
  });

  it('work while the model server is down, and tell an employee neither host nor what is not theirs', async () => {
    const { qwen } = await begin();
    await qwen.goDown('refuse');
    for (const text of harmless) {
      const { words } = await tell(text, 'group');
      expect([text, words.length > 2]).toEqual([text, true]);
      expect(words).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${qwen.port}|ADMINS|ASSISTANTS_FILE`));
      const theirs = commands.filter(({ access }) => access === 'administrators');
      for (const { name } of theirs) expect(words).not.toMatch(new RegExp(`/${name}\\b`));
    }
  });

  it('say in the grey line that a machine made the answer, where the operator wants that', async () => {
    const folder = stateFolder();
    try {
      const file = join(folder.path, 'assistants.yaml');
      writeFileSync(file, 'answerLabel: 内容由 AI 生成\nassistants: []\n');
      await begin({
        qwen: { answer: () => ({ text: '好的。' }), speed: quick },
        environment: { ASSISTANTS_FILE: file },
      });
      expect((await tell('在吗')).words).toMatch(/好的。.*内容由 AI 生成/s);
      expect((await tell('/whoami')).words).not.toContain('AI 生成');
    } finally {
      folder.remove();
    }
  });

  it.runIf(traits.buttons)(
    'a thumb is counted in /usage and in the metrics, once for each person',
    async () => {
      const { stage, closed, until, service } = await begin({
        qwen: { answer: () => ({ text: '好的。' }), speed: quick },
      });
      stage.say({ where: 'group', text: '在吗' });
      const [reply] = await closed(1);
      if (reply === undefined) throw new Error('no reply');
      await stage.press(reply, '👍', 'asker');
      await stage.press(reply, '👎', 'colleague');
      await stage.press(reply, '👍', 'colleague');
      const metrics = async (): Promise<string> =>
        (await fetch(`http://127.0.0.1:${service.port}/metrics`)).text();
      await until(
        async () => /bridge_feedback_total\{[^}]*verdict="good"\} 2/.test(await metrics()),
        'both thumbs in the metrics',
      );
      expect(await metrics()).toMatch(/bridge_feedback_total\{[^}]*verdict="bad"\} 1/);
      const { words } = await tell('/usage');
      expect(words).toContain('评价');
      expect(words.replaceAll(/\s/g, '')).toMatch(/合计[^合]*2[^\d]+0/);
    },
  );
});
