import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, stateFolder } from '../support/service-process.ts';
import { startFeishuSimulator } from '../simulators/feishu/simulator.ts';
import { startQwenSimulator } from '../simulators/qwen/start.ts';
import { dingtalkStage } from './dingtalk-stage.ts';
import { feishuStage } from './feishu-stage.ts';
import { startPlatformBridge } from './platform-bridge.ts';
import { wecomStage } from './wecom-stages.ts';

const entry = fileURLToPath(new URL('../../src/start.js', import.meta.url));
const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

type Run = { readonly code: unknown; readonly output: string; readonly errors: string };

/** `npm run doctor -- …` in a folder of its own, beside a simulated platform. */
async function runDoctor(flags: readonly string[], environment: Record<string, string>): Promise<Run> {
  const feishu = await startFeishuSimulator();
  const folder = stateFolder();
  ending.push(() => feishu.stop());
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', entry, 'doctor', ...flags],
    {
      cwd: folder.path,
      env: {
        PATH: process.env['PATH'],
        FEISHU_APP_ID: feishu.app.appId,
        FEISHU_APP_SECRET: feishu.app.appSecret,
        FEISHU_BASE_URL: feishu.url,
        ADMINS: 'feishu:ou_someone',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  folder.remove();
  return { code: code as unknown, output, errors };
}

describe('npm run doctor', () => {
  it('shows each step with its time and ends with 0 when nothing fails', async () => {
    const qwen = await startQwenSimulator();
    ending.push(() => qwen.stop());
    const { code, output, errors } = await runDoctor([], { QWEN_BASE_URL: qwen.baseUrl });
    expect(errors).toBe('');
    expect(output).toMatch(/✓ TCP 连接 · \d+ ms · 127\.0\.0\.1:\d+/);
    expect(output).toMatch(/聊天平台 feishu[^]*✓ 应用凭证/);
    expect(output).not.toContain('✗');
    expect(code).toBe(0);
  });

  it('ends with 1 and the one thing to do when the model server is not there', async () => {
    const port = await freePort();
    const { code, output } = await runDoctor([], { QWEN_BASE_URL: `http://0.0.0.0:${port}`, LOCALE: 'en' });
    expect(output).toMatch(/✗ TCP · \d+ ms · ECONNREFUSED/);
    expect(output).toContain('– chat · skipped');
    const [last] = output.trimEnd().split('\n').slice(-1);
    expect(last).toContain('The one thing to do');
    expect(last).toContain(`docker -p ${port}:${port}`);
    expect(code).toBe(1);
  });

  it('ends with 78 and the key to mend when the configuration is no good', async () => {
    const { code, output, errors } = await runDoctor(['--json'], { QWEN_BASE_URL: 'nonsense' });
    expect(errors).toContain('QWEN_BASE_URL');
    expect(output).toBe('');
    expect(code).toBe(78);
  });

  it('--bench times five questions', async () => {
    const qwen = await startQwenSimulator();
    ending.push(() => qwen.stop());
    const { code, output } = await runDoctor(['--bench'], { QWEN_BASE_URL: qwen.baseUrl, LOCALE: 'en' });
    expect(output).toMatch(/✓ benchmark · \d+ ms · (?:\d+\.\d\d s · ){4}\d+\.\d\d s\n/);
    expect(code).toBe(0);
  });

  it('calls nothing broken that only the running service knows, and gives the address to enter', async () => {
    const qwen = await startQwenSimulator();
    ending.push(() => qwen.stop());
    const { code, output } = await runDoctor([], {
      QWEN_BASE_URL: qwen.baseUrl,
      FEISHU_MODE: 'webhook',
      FEISHU_ENCRYPT_KEY: 'an-encrypt-key',
      FEISHU_VERIFICATION_TOKEN: 'a-token',
    });
    expect(output).toMatch(/\? 回调 · \d+ ms · 这里看不到[^]*https:\/\/你的域名\/webhooks\/feishu/);
    expect(output.trimEnd().split('\n').at(-1)).toContain('没有发现故障');
    expect(code).toBe(0);
  });

  it('--json holds the same facts as the lines', async () => {
    const qwen = await startQwenSimulator({ vision: false });
    ending.push(() => qwen.stop());
    const environment = { QWEN_BASE_URL: qwen.baseUrl, FEISHU_APP_SECRET: 'another-secret', LOCALE: 'en' };
    const plain = await runDoctor([], environment);
    const json = await runDoctor(['--json'], environment);
    const report = JSON.parse(json.output) as {
      advice: string;
      checks: { state: string; evidence: string; cause?: string; remedy?: string; link?: string }[];
    };
    const marks = { passed: '✓', failed: '✗', unknown: '?', skipped: '–' };
    const lines = plain.output.match(/^ {2}[✓✗?–] /gm)?.map((line) => line.trim());
    expect(report.checks.map(({ state }) => marks[state as keyof typeof marks])).toEqual(lines);
    const trouble = report.checks.filter(({ state }) => state === 'failed');
    expect(trouble).toHaveLength(2);
    for (const { evidence, cause = '-', remedy = '-' } of trouble)
      for (const words of [evidence, cause, remedy]) expect(plain.output).toContain(words);
    expect(plain.output).toContain(report.advice);
    expect([plain.code, json.code]).toEqual([1, 1]);
  });

  it('--json gives one object and nothing else', async () => {
    const qwen = await startQwenSimulator({ apiKey: 'sk-the-right-key' });
    ending.push(() => qwen.stop());
    const { code, output } = await runDoctor(['--json'], {
      QWEN_BASE_URL: qwen.baseUrl,
      QWEN_API_KEY: 'sk-the-wrong-key',
    });
    const report = JSON.parse(output) as { ok: boolean; advice: string; checks: object[] };
    expect(report.ok).toBe(false);
    expect(report.advice).toContain('QWEN_API_KEY');
    expect(report.checks).toContainEqual(
      expect.objectContaining({ part: 'model', code: 'key', state: 'failed', causeCode: 'wrong-key' }),
    );
    expect(report.checks).toContainEqual(expect.objectContaining({ code: 'chat', state: 'skipped' }));
    expect(output).not.toContain('sk-the');
    expect(code).toBe(1);
  });
});

it('/doctor works through its checks live in the chat', async () => {
  const bridge = await startPlatformBridge(feishuStage('ws'));
  ending.push(() => bridge.stop());
  const { stage, closed } = bridge;
  stage.say({ where: 'direct', text: '/doctor' });
  const [reply] = await closed(1, 'direct');
  expect(reply?.words).toContain('✓ TCP 连接');
  expect(reply?.words).toMatch(/聊天平台 feishu[^]*✓ 长连接/);
  expect(reply?.words).toContain('全部正常');
});

describe.each([
  { platform: 'Feishu', stage: feishuStage('ws') },
  { platform: 'DingTalk', stage: dingtalkStage({ mode: 'stream', cards: true }) },
  { platform: 'WeCom, AI bot', stage: wecomStage('bot') },
  { platform: 'WeCom, self-built app', stage: wecomStage('app') },
])('an administrator on $platform', ({ stage }) => {
  it('is told in the direct chat that the model server went down, and that it is back, once each', async () => {
    const bridge = await startPlatformBridge(stage, { environment: { HEALTH_INTERVAL_MS: '60' } });
    ending.push(() => bridge.stop());
    const alerts = async (): Promise<string[]> => {
      const shown = await bridge.stage.replies('direct');
      return shown.map(({ words }) => words).filter((words) => words.includes('模型服务器'));
    };
    // WeCom lets a bot write to those who have written to it.
    bridge.stage.say({ where: 'direct', text: '你好' });
    await bridge.closed(1, 'direct');
    await bridge.qwen.goDown();
    await bridge.until(async () => (await alerts()).length > 0, 'the alert');
    expect(await alerts()).toMatchObject([expect.stringMatching(/不能回答.*ECONN/)]);
    await bridge.qwen.comeBack();
    await bridge.until(async () => (await alerts()).length > 1, 'the all-clear');
    expect((await alerts())[1]).toMatch(/恢复了/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await alerts()).toHaveLength(2);
    expect(bridge.stage.refused()).toEqual([]);
  });
});
