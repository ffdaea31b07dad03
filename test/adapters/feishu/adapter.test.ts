import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Adapter, Check, WebhookRequest } from '../../../src/contract/adapter.ts';
import type { InboundEvent } from '../../../src/contract/inbound.ts';
import { systemClock } from '../../../src/clock.ts';
import { feishuFactory } from '../../../adapters/feishu/index.ts';
import type { FeishuSimulatorOptions } from '../../simulators/feishu/options.ts';
import { startFeishuSimulator, type FeishuSimulator } from '../../simulators/feishu/simulator.ts';
import { createDeps } from '../shared/deps.ts';
import { createRecordedBudget } from '../shared/recorded-budget.ts';
import { createRecordedLog, type RecordedLog } from '../shared/recorded-log.ts';
import { never, until } from '../shared/waiting.ts';

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

type Here = {
  readonly feishu: FeishuSimulator;
  readonly adapter: Adapter;
  readonly inbox: InboundEvent[];
  readonly log: RecordedLog;
};

async function start(
  simulator: FeishuSimulatorOptions = {},
  env: Record<string, string> = {},
): Promise<Here> {
  const feishu = await startFeishuSimulator(simulator);
  const plan = feishuFactory.plan({
    FEISHU_APP_ID: feishu.app.appId,
    FEISHU_APP_SECRET: feishu.app.appSecret,
    FEISHU_BASE_URL: `${feishu.url}/`,
    ...env,
  });
  if (plan.state !== 'ready') throw new Error(plan.state);
  const log = createRecordedLog();
  const adapter = await plan.create(
    createDeps({ clock: systemClock, log, createBudget: () => createRecordedBudget() }),
  );
  const inbox: InboundEvent[] = [];
  ending.push(
    () => feishu.stop(),
    () => adapter.stop(),
  );
  await adapter.start(async (event) => {
    inbox.push(event);
    return { outcome: 'accepted', toast: '好' };
  });
  return { feishu, adapter, inbox, log };
}

async function started(simulator: FeishuSimulatorOptions = {}): Promise<Here> {
  const here = await start(simulator);
  await until(() => here.feishu.connections().some((connection) => connection.ready()));
  return here;
}

const webhookEnv = ({ app }: FeishuSimulator): Record<string, string> => ({
  FEISHU_MODE: 'webhook',
  FEISHU_ENCRYPT_KEY: app.encryptKey,
  FEISHU_VERIFICATION_TOKEN: app.verificationToken,
});

const state = ({ adapter }: Here): string => adapter.health().state;

async function checks({ adapter }: Here): Promise<readonly Check[]> {
  const all: Check[] = [];
  for await (const check of adapter.probe(never)) all.push(check);
  return all;
}

describe('the long connection', () => {
  it('brings a question with its mention, and the answer quotes back whole', async () => {
    const here = await started();
    const { feishu, adapter } = here;
    const user = feishu.addUser({ name: '李雷' });
    const chat = feishu.addChat({ name: '财务', members: [user] });
    const { deliveries } = feishu.say({ chat, from: user, said: { kind: 'text', text: '@{bot} 在吗' } });
    expect((await deliveries[0])?.state).toBe('acknowledged');
    const [question] = here.inbox;
    if (question?.type !== 'message') throw new Error('no question');
    expect(question).toMatchObject({ addressed: true, text: '在吗', sender: { key: user.openId } });
    const snapshot = { markdown: '在。\n\n```js\nlet a  = 1;\n```', preview: '在。', footer: 'Qwen · 1 秒' };
    const sink = await adapter.openReply(
      {
        target: question.replyTarget,
        first: { markdown: '', progress: '正在思考…', preview: '…' },
        key: 'k-1',
        maybeSent: false,
      },
      never,
    );
    await sink.close({ status: 'complete', snapshot }, never);
    const answer = feishu.messages(chat.chatId).at(-1);
    const reply = feishu.message(answer?.messageId ?? '');
    feishu.say({
      chat,
      from: user,
      said: { kind: 'text', text: '@{bot} 什么意思' },
      ...(reply === undefined ? {} : { replyTo: reply }),
    });
    const followUp = await until(() => here.inbox.at(1));
    if (followUp.type !== 'message' || followUp.quote === undefined) throw new Error('no quote');
    expect(await adapter.fetchQuote(followUp.quote, never)).toEqual({
      author: 'self',
      replyId: expect.stringMatching(/^om_/),
      text: snapshot.markdown,
      media: [],
      unreadable: [],
    });
    expect(feishu.refused()).toEqual([]);
  });

  it('brings pictures that can be fetched', async () => {
    const here = await started();
    const user = here.feishu.addUser({ name: '李雷' });
    const image = { bytes: Buffer.from('a picture'), mime: 'image/png' };
    here.feishu.say({ chat: here.feishu.directChat(user), from: user, said: { kind: 'image', image } });
    const message = await until(() => here.inbox[0]);
    if (message.type !== 'message' || message.media[0] === undefined) throw new Error('no picture');
    const pieces: Uint8Array[] = [];
    const { stream } = await here.adapter.fetchMedia(message.media[0], never);
    for await (const piece of stream) pieces.push(piece);
    expect([Buffer.concat(pieces).toString(), message.place.kind]).toEqual(['a picture', 'direct']);
  });

  it.each(['event', 'card'] as const)(
    'answers a button press in a frame of type %s with the toast',
    async (frame) => {
      const here = await started({ rules: { cardCallbackFrame: frame } });
      const user = here.feishu.addUser({ name: '李雷' });
      const chat = here.feishu.directChat(user);
      here.feishu.say({ chat, from: user, said: { kind: 'text', text: '在吗' } });
      const question = await until(() => here.inbox[0]);
      if (question.type !== 'message') throw new Error('no question');
      const buttons = [{ id: 'b-1', kind: 'stop', label: '停止' } as const];
      await here.adapter.openReply(
        {
          target: question.replyTarget,
          first: { markdown: '', progress: '…', preview: '…', buttons },
          key: 'k-1',
          maybeSent: false,
        },
        never,
      );
      const shown = here.feishu.message(here.feishu.messages(chat.chatId).at(-1)?.messageId ?? '');
      if (shown === undefined) throw new Error('no card');
      const outcome = await here.feishu.press({ message: shown, button: { label: '停止' }, by: user });
      expect(outcome).toMatchObject({ code: 0, toast: { type: 'info', content: '好' } });
      expect(here.inbox[1]).toMatchObject({ type: 'action', button: 'b-1', actor: { key: user.openId } });
    },
  );

  it('when paused leaves events to be delivered again, and still lets replies be edited', async () => {
    const here = await started();
    const { feishu, adapter } = here;
    const user = feishu.addUser({ name: '李雷' });
    const chat = feishu.directChat(user);
    feishu.say({ chat, from: user, said: { kind: 'text', text: '在吗' } });
    const question = await until(() => here.inbox[0]);
    if (question.type !== 'message') throw new Error('no question');
    const sink = await adapter.openReply(
      {
        target: question.replyTarget,
        first: { markdown: '', progress: '…', preview: '…' },
        key: 'k-1',
        maybeSent: false,
      },
      never,
    );
    await adapter.pause();
    feishu.say({ chat, from: user, said: { kind: 'text', text: '还在吗' } });
    await until(() => feishu.deliveries()[1]?.attempts.length === 1);
    await sink.close({ status: 'complete', snapshot: { markdown: '在', preview: '在' } }, never);
    expect(feishu.deliveries()[1]?.state).toBe('pending');
    expect([here.inbox.length, feishu.refused()]).toEqual([1, []]);
    expect(JSON.stringify(feishu.messages(chat.chatId))).toContain('在');
  });
});

describe('health', () => {
  it('says that the secret is wrong, and asks for no connection with it', async () => {
    const here = await start({}, { FEISHU_APP_SECRET: 'wrong-secret' });
    await until(() => state(here) === 'failed');
    expect(here.adapter.health().detail).toBe('auth 10014');
    expect(here.feishu.calls().filter(({ api }) => api === 'ws.endpoint')).toEqual([]);
    expect(here.log.lines.join('\n')).not.toContain('wrong-secret');
  });

  it('is up once connected and down once stopped, which may be said twice', async () => {
    const here = await started();
    expect(state(here)).toBe('up');
    await here.adapter.stop();
    await here.adapter.stop();
    expect(state(here)).toBe('down');
  });

  it('starting does not fail when the platform is not there', async () => {
    const here = await start({}, { FEISHU_BASE_URL: 'http://127.0.0.1:1' });
    await until(() => state(here) === 'down');
    expect(here.adapter.health().detail).toBe('unavailable');
  });
});

describe('webhook mode', () => {
  async function serve(): Promise<Here & { readonly url: string }> {
    const app = { encryptKey: 'e-key', verificationToken: 'v-token' };
    const here = await start({ app }, webhookEnv({ app } as FeishuSimulator));
    const [route] = here.adapter.webhooks;
    const server = createServer((request, response) => {
      void (async () => {
        const pieces: Uint8Array[] = [];
        for await (const piece of request) pieces.push(piece as Uint8Array);
        const answer = await route?.handle({
          method: 'POST',
          query: new URLSearchParams(),
          headers: request.headers as WebhookRequest['headers'],
          body: Buffer.concat(pieces),
        });
        response.writeHead(answer?.status ?? 404, answer?.headers).end(answer?.body);
      })();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ending.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/feishu`;
    await until(() => state(here) === 'up');
    return { ...here, url };
  }

  it('has the route under the fixed path, and the long connection has none', async () => {
    const { adapter } = await serve();
    expect(adapter.webhooks.map(({ path, methods }) => [path, methods])).toEqual([
      ['/webhooks/feishu', ['POST']],
    ]);
    expect((await started()).adapter.webhooks).toEqual([]);
  });

  it("passes the console's check of the address, plain and encrypted, but not with another token", async () => {
    const { feishu, url } = await serve();
    const check = async (encrypted: boolean, token?: string): Promise<unknown> =>
      feishu.checkWebhookUrl({ url, encrypted }, token);
    expect(await check(true)).toBe('verified');
    expect(await check(false)).toBe('verified');
    expect(await check(true, 'other')).not.toBe('verified');
  });

  it('takes encrypted events and refuses plain ones', async () => {
    const { feishu, url, inbox } = await serve();
    const user = feishu.addUser({ name: '李雷' });
    const chat = feishu.directChat(user);
    feishu.useWebhook({ url, encrypted: true });
    const taken = feishu.say({ chat, from: user, said: { kind: 'text', text: '一' } }).deliveries[0];
    expect((await taken)?.state).toBe('acknowledged');
    feishu.useWebhook({ url, encrypted: false });
    feishu.say({ chat, from: user, said: { kind: 'text', text: '二' } });
    await until(() => feishu.deliveries()[1]?.attempts.length === 1);
    expect(feishu.deliveries()[1]?.attempts[0]?.outcome).toBe('refused');
    expect(inbox).toMatchObject([{ text: '一' }]);
  });
});

describe('the doctor', () => {
  it('passes every check of an app that is set up well, and does nothing anyone sees', async () => {
    const here = await started();
    const results = await checks(here);
    expect(results.map(({ code, state: found, evidence }) => [code, found, evidence])).toEqual([
      ['credentials', 'passed', 'token'],
      ['bot', 'passed', 'activate_status 2'],
      ['connection', 'passed', 'up, 0 reconnects'],
      ['permission', 'passed', 'message.get'],
      ['permission', 'passed', 'message.resource'],
      ['permission', 'passed', 'message.reply'],
      ['card', 'passed', 'card.create'],
    ]);
    expect(here.feishu.chats().flatMap(({ chatId }) => here.feishu.messages(chatId))).toEqual([]);
  });

  it('names the permissions that are missing and the page on which to add them', async () => {
    const here = await started({ scopes: ['im:message:readonly'] });
    const results = await checks(here);
    const missing = results.filter(({ state: found }) => found === 'failed');
    const page = `${here.feishu.url}/app/${here.feishu.app.appId}/auth`;
    expect(missing).toMatchObject([
      { code: 'permission', missing: ['im:message', 'im:message:send_as_bot'], link: page },
      { code: 'card', missing: ['cardkit:card:write'], link: page },
    ]);
  });

  it('stops at credentials that are wrong', async () => {
    const here = await start({}, { FEISHU_APP_SECRET: 'wrong' });
    expect(await checks(here)).toMatchObject([
      { code: 'credentials', state: 'failed', evidence: 'unauthorized 10014' },
    ]);
  });

  it('says of webhooks when the last one came', async () => {
    const app = { encryptKey: 'e-key', verificationToken: 'v-token' };
    const here = await start({ app }, webhookEnv({ app } as FeishuSimulator));
    await until(() => state(here) === 'up');
    expect(await checks(here)).toContainEqual(
      expect.objectContaining({ code: 'webhook', state: 'unknown', evidence: 'no request yet' }),
    );
  });
});

it('a process whose adapter was stopped ends by itself: no socket and no timer is left', async () => {
  const feishu = await startFeishuSimulator();
  ending.push(() => feishu.stop());
  const root = new URL('../../../', import.meta.url).href;
  const script = `
    import { feishuFactory } from '${root}adapters/feishu/index.ts';
    import { systemClock } from '${root}src/clock.ts';
    import { createDeps } from '${root}test/adapters/shared/deps.ts';
    import { createRecordedBudget } from '${root}test/adapters/shared/recorded-budget.ts';
    import { createRecordedLog } from '${root}test/adapters/shared/recorded-log.ts';
    import { until } from '${root}test/adapters/shared/waiting.ts';
    const plan = feishuFactory.plan({
      FEISHU_APP_ID: '${feishu.app.appId}', FEISHU_APP_SECRET: '${feishu.app.appSecret}', FEISHU_BASE_URL: '${feishu.url}',
    });
    const adapter = await plan.create(createDeps({ clock: systemClock, log: createRecordedLog(), createBudget: createRecordedBudget }));
    await adapter.start(async () => ({ outcome: 'accepted' }));
    await until(() => adapter.health().state === 'up');
    await adapter.stop();
    process.stdout.write('stopped');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ending.push(async () => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  expect([code, output]).toEqual([0, 'stopped']);
});
