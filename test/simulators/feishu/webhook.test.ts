import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import * as lark from '@larksuiteoapi/node-sdk';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import { encryptEvent, signBody } from './encryption.ts';
import {
  button,
  cardWith,
  markdown,
  quiet,
  setStage,
  type PushedEvent,
  type PushHandler,
} from './test-support.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const keys = { encryptKey: 'kudryavka', verificationToken: 'v_token_0001' };

async function stage(...options: Parameters<typeof setStage>) {
  const set = await setStage({ app: keys, ...options[0] });
  ends.push(() => set.sim.stop());
  return set;
}

async function serve(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/webhook/event`;
}

/** The official dispatcher behind the official Koa adaptor. */
async function officialWebhook(handlers: Record<string, PushHandler>): Promise<string> {
  const dispatcher = new lark.EventDispatcher({ ...keys, logger: quiet }).register(handlers);
  const app = new Koa();
  const handle = lark.adaptKoaRouter(dispatcher, { autoChallenge: true });
  app.use(async (context, next) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of context.req) chunks.push(chunk);
    // The adaptor expects a body parser before it.
    Object.assign(context.request, { body: JSON.parse(Buffer.concat(chunks).toString()) });
    await handle(context, next);
  });
  const respond = app.callback();
  return serve(createServer((request, response) => void respond(request, response)));
}

function answering(status: number, body = '{}'): Promise<string> {
  return serve(
    createServer((request, response) =>
      request.resume().on('end', () => response.writeHead(status).end(body)),
    ),
  );
}

describe('encryption and signature', () => {
  const encrypted =
    'AAECAwQFBgcICQoLDA0ODygxCRD00ikE2ev/uv2HP2cPQwyluYwOGj0jaTC8TJINXs53QNLMwAlz2oBisca9zCz76MYcxcsXiB/SYNd6OQ0I5qypMyWEimCWoZ8lSB5k2YIQSO+D9MUsGPWu+JnZ8g==';

  it('make the recorded ciphertext and signature', () => {
    const plaintext = '{"challenge":"ajls384kdjx98XX","token":"v_token_0001","type":"url_verification"}';
    const iv = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    expect(encryptEvent(plaintext, 'kudryavka', iv)).toBe(encrypted);
    expect(new lark.AESCipher('kudryavka').decrypt(encrypted)).toBe(plaintext);
    expect(signBody('1700000000', 'abcd1234', 'kudryavka', JSON.stringify({ encrypt: encrypted }))).toBe(
      'c28e1e4b2520d3b841e78cc2a38e60802440abaa8f9396083631f2c7750b2fdf',
    );
  });

  it("agree with the documents' own example", () => {
    const documented = 'P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=';
    expect(new lark.AESCipher('test key').decrypt(documented)).toBe('hello world');
    expect(encryptEvent('hello world', 'test key', Buffer.from(documented, 'base64').subarray(0, 16))).toBe(
      documented,
    );
  });
});

describe('webhook mode', () => {
  it.each([true, false])(
    'verifies an address served by the official SDK (encrypted: %s)',
    async (encrypted) => {
      const { sim } = await stage();
      const url = await officialWebhook({});
      expect(await sim.checkWebhookUrl({ url, encrypted })).toBe('verified');
    },
  );

  it('refuses an address that does not give the challenge back, or not in time', async () => {
    const { sim, clock } = await stage();
    const wrong = await answering(200, '{"challenge":"x"}');
    expect(await sim.checkWebhookUrl({ url: wrong, encrypted: false })).toBe('wrong-challenge');
    const refusing = await answering(401);
    expect(await sim.checkWebhookUrl({ url: refusing, encrypted: false })).toBe('wrong-status');
    const silent = await serve(createServer((request) => request.resume()));
    const check = sim.checkWebhookUrl({ url: silent, encrypted: true });
    await clock.advance(1000);
    expect(await check).toBe('timeout');
  });

  it('posts events the official dispatcher accepts, with the verification token inside', async () => {
    const { sim, group, alice } = await stage();
    const events: PushedEvent[] = [];
    const url = await officialWebhook({
      'im.message.receive_v1': (event) => {
        events.push(event);
        return {};
      },
    });
    sim.useWebhook({ url, encrypted: true });
    const { deliveries, message } = sim.say({
      chat: group,
      from: alice,
      said: { kind: 'text', text: '@{bot} 你好' },
    });
    expect((await deliveries[0])?.state).toBe('acknowledged');
    expect(events[0]).toMatchObject({
      token: keys.verificationToken,
      message: { message_id: message.messageId },
    });
  });

  it('pushes again after 15 s when the answer is not 200, and takes 204 only where that is switched on', async () => {
    const { sim, group, alice, clock } = await stage();
    sim.useWebhook({ url: await answering(204), encrypted: true });
    const said = { kind: 'text', text: '@{bot} hi' } as const;
    const { deliveries } = sim.say({ chat: group, from: alice, said });
    await expect.poll(() => sim.deliveries()[0]?.attempts.length).toBe(1);
    sim.useWebhook({ url: await answering(200), encrypted: true });
    await clock.settle();
    await clock.advance(15_000);
    expect((await deliveries[0])?.attempts.map(({ outcome }) => outcome)).toEqual([
      'refused',
      'acknowledged',
    ]);

    const lenient = await stage({ rules: { acceptStatus204: true } });
    lenient.sim.useWebhook({ url: await answering(204), encrypted: false });
    const other = lenient.sim.say({ chat: lenient.group, from: lenient.alice, said });
    expect((await other.deliveries[0])?.state).toBe('acknowledged');
  });

  it('gives up waiting after 3 s', async () => {
    const { sim, group, alice, clock } = await stage();
    sim.useWebhook({ url: await serve(createServer((request) => request.resume())), encrypted: true });
    sim.say({ chat: group, from: alice, said: { kind: 'text', text: '@{bot} hi' } });
    await clock.advance(3000);
    await expect.poll(() => sim.deliveries()[0]?.attempts[0]?.outcome).toBe('timeout');
  });

  it('carries card callbacks and their answers', async () => {
    const { sim, sendCard, alice } = await stage();
    const { messageId } = await sendCard(cardWith([markdown('hi'), button('停止', 'btn', { a: 1 })], {}));
    const url = await officialWebhook({
      'card.action.trigger': () => ({ toast: { type: 'info', content: '好' } }),
    });
    sim.useWebhook({ url, encrypted: true });
    const pressed = await sim.press({
      message: sim.message(messageId)!,
      button: { label: '停止' },
      by: alice,
    });
    expect(pressed).toEqual({ code: 0, card: 'unchanged', toast: { type: 'info', content: '好' } });
  });
});
