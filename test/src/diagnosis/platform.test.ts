import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Adapter, Check } from '../../../src/contract/adapter.ts';
import { platformChecks } from '../../../src/diagnosis/platform-checks.ts';
import { createReport, plainForm } from '../../../src/diagnosis/report.ts';
import { createFakeAdapter } from '../../fakes/adapter.ts';
import { createHurriedClock } from '../model/support.ts';

const never = new AbortController().signal;

function adapterWith(probe: Adapter['probe']): Adapter {
  return { ...createFakeAdapter(), probe };
}

async function reported(adapter: Adapter, clock = systemClock, running = true): Promise<string[]> {
  const report = createReport(plainForm, 'zh');
  const lines: string[] = [];
  for await (const { code, result } of platformChecks(adapter, { clock, running }, never))
    lines.push(...report.add({ type: 'done', subject: { part: 'platform', id: 'fake' }, code, result }));
  return [...lines, ...report.conclude()];
}

const check = (more: Partial<Check>): Adapter['probe'] =>
  async function* () {
    yield { code: 'credentials', state: 'passed', durationMs: 4, evidence: 'token', ...more };
  };

describe('checks of a platform', () => {
  it('name the permissions that are missing as the console does, with the page', async () => {
    const lines = await reported(
      adapterWith(
        check({
          code: 'permission',
          state: 'failed',
          evidence: 'message.get forbidden 99991672',
          missing: ['im:message:readonly'],
          link: 'https://console.example/auth',
        }),
      ),
    );
    const text = lines.join('\n');
    expect(text).toContain('✗ 权限 · 4 ms · message.get forbidden 99991672');
    expect(text).toContain('缺少：im:message:readonly');
    expect(text).toContain('https://console.example/auth');
    expect(lines.at(-1)).toMatch(/^现在要做的一件事（fake）：缺少权限。请在控制台开通/);
  });

  it('tell a platform that is not reached from one that refuses', async () => {
    const refused = await reported(adapterWith(check({ state: 'failed', evidence: 'unauthorized 10014' })));
    expect(refused.at(-1)).toContain('平台不接受应用凭证');
    const unreached = await reported(adapterWith(check({ state: 'failed', evidence: 'unavailable' })));
    expect(unreached.at(-1)).toContain('HTTPS_PROXY');
  });

  it('end when the platform never answers', async () => {
    const hanging = adapterWith(async function* (signal) {
      yield { code: 'credentials', state: 'passed', durationMs: 1, evidence: 'token' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    const lines = await reported(hanging, createHurriedClock(300));
    expect(lines.at(-1)).toContain('连不上聊天平台');
  });

  it('that decide nothing are counted, not shown as passed', async () => {
    const lines = await reported(adapterWith(check({ code: 'webhook', state: 'unknown' })));
    expect(lines).toContain('  ? 回调 · 4 ms · token');
    expect(lines.at(-1)).toContain('有 1 项无法确认');
  });
});

const failing = (code: Check['code'], evidence: string, more: Partial<Check> = {}): Adapter =>
  adapterWith(check({ code, state: 'failed', evidence, ...more }));
const inWebhookMode = (adapter: Adapter): Adapter => ({
  ...adapter,
  webhooks: [{ methods: ['POST'], path: '/webhooks/fake', handle: async () => ({ status: 200 }) }],
});

describe('a platform’s clock', () => {
  it.each([
    ['+312', '比聊天平台慢 312 秒'],
    ['-75', '比聊天平台快 75 秒'],
  ])('%s s away from ours is a finding of its own, with the side and the remedy', async (seconds, words) => {
    const lines = await reported(adapterWith(check({ evidence: `token, clock ${seconds} s` })));
    expect(lines).toContain('  ✓ 应用凭证 · 4 ms · token');
    expect(lines).toContain(`  ✗ 时间 · 0 ms · Date ${seconds} s`);
    expect(lines.at(-1)).toMatch(new RegExp(`${words}.*timedatectl set-ntp true`));
  });

  it('is told as well when the platform refuses the credentials', async () => {
    const lines = await reported(failing('credentials', 'unauthorized 10014, clock +600 s'));
    expect(lines.join('\n')).toMatch(/✗ 应用凭证 · 4 ms · unauthorized 10014[^]*✗ 时间/);
  });
});

describe('callbacks', () => {
  it.each([
    { evidence: 'no request yet', cause: '还没有收到过', remedy: 'https://你的域名/webhooks/fake' },
    { evidence: 'no request yet, 4 refused (form 4)', cause: '还没有收到过', remedy: '/webhooks/fake' },
    {
      evidence: 'no request yet, 6 refused (form 2, stale 1, FAKE_ENCRYPT_KEY 3)',
      cause: '有 3 个和 FAKE_ENCRYPT_KEY 对不上',
      remedy: '.env 的 FAKE_ENCRYPT_KEY',
    },
    { evidence: 'no request yet, 2 refused (stale 2)', cause: '时间和本机相差太大', remedy: 'timedatectl' },
  ])('$evidence', async ({ evidence, cause, remedy }) => {
    const lines = await reported(inWebhookMode(failing('webhook', evidence)));
    expect(lines.at(-1)).toContain(cause);
    expect(lines.at(-1)).toContain(remedy);
  });

  it('that never came are a warning, with the address to enter', async () => {
    const silent = adapterWith(check({ code: 'webhook', state: 'unknown', evidence: 'no request yet' }));
    const lines = await reported(inWebhookMode(silent));
    expect(lines).toContain('  ? 回调 · 4 ms · no request yet');
    expect(lines.join('\n')).toContain('https://你的域名/webhooks/fake');
  });
});

describe('what the evidence tells more exactly', () => {
  it.each([
    { evidence: 'forbidden 60020 from 203.0.113.7', words: /不信任.* 203\.0\.113\.7.*可信域名/ },
    { evidence: 'unavailable ENOTFOUND', words: /域名查不到地址.*DNS/ },
    { evidence: 'unavailable SELF_SIGNED_CERT_IN_CHAIN', words: /证书不受信任.*NODE_EXTRA_CA_CERTS/ },
    { evidence: 'unavailable proxy 10.0.0.9:3128 407', words: /代理 10\.0\.0\.9:3128 要求登录.*用户:密码/ },
    { evidence: 'unavailable proxy 10.0.0.9:3128 ECONNREFUSED', words: /代理 .*没有放行.*HTTPS_PROXY/ },
    { evidence: 'unavailable http 503', words: /平台自己/ },
    { evidence: 'timeout UND_ERR_CONNECT_TIMEOUT', words: /HTTPS_PROXY/ },
    { evidence: 'MEDIA_HOSTS=files.example', words: /\.env 里写 MEDIA_HOSTS=files\.example/ },
  ])('$evidence', async ({ evidence, words }) => {
    expect((await reported(failing('permission', evidence))).at(-1)).toMatch(words);
  });
});

it('from the terminal, what only the running service knows is left open and said to be', async () => {
  const adapter = inWebhookMode(
    adapterWith(async function* () {
      yield { code: 'credentials', state: 'unknown', durationMs: 0, evidence: 'connecting, 0 reconnects' };
      yield { code: 'connection', state: 'unknown', durationMs: 0, evidence: 'connecting, 0 reconnects' };
      yield { code: 'webhook', state: 'unknown', durationMs: 0, evidence: 'no request yet' };
    }),
  );
  const lines = await reported(adapter, systemClock, false);
  expect(lines.filter((line) => /^ {2}\? .*\/doctor/.test(line))).toHaveLength(3);
  expect(lines.join('\n')).toContain('https://你的域名/webhooks/fake');
  expect(lines.at(-1)).toContain('没有发现故障；有 3 项无法确认');
});
