import { expect } from 'vitest';
import type { WebhookRequest, WebhookResponse } from '../../../src/contract/adapter.ts';
import type { ReceivedRequest } from '../harness.ts';
import { found, messagesOf, type Instance, type Stage } from '../stage.ts';
import type { Behaviour } from './behaviour.ts';

/** What an adapter with webhooks does with requests; one without has none. */
export const webhookBehaviours: readonly Behaviour[] = [
  {
    name: 'has webhooks under /webhooks/ only, each with its methods',
    async run({ first }) {
      const paths = first.webhooks.map(({ path }) => path);
      expect(paths.filter((path) => !/^\/webhooks\/[a-z/-]+$/.test(path))).toEqual([]);
      expect(new Set(paths).size).toBe(paths.length);
      expect(first.webhooks.filter(({ methods }) => methods.length === 0)).toEqual([]);
    },
  },
  {
    name: 'answers whatever is no request of the platform with 4xx, and does nothing',
    async run(stage) {
      const { adapter, events } = await stage.enter();
      const bodies = [
        '',
        'null',
        '{}',
        '{"encrypt":"AAAA"}',
        '<xml><Encrypt>AAAA</Encrypt></xml>',
        '<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
        '\u0000\uFFFD',
        '['.repeat(5000),
      ].map((body) => Buffer.from(body));
      const answers: number[] = [];
      for (const { handle, methods } of adapter.webhooks) {
        for (const method of methods) {
          for (const body of [...bodies, Buffer.from([0xff, 0xfe, 0x00])]) {
            const request = { method, query: new URLSearchParams(), headers: {}, body };
            answers.push((await stage.settled(handle(request))).status);
          }
        }
      }
      expect(answers.filter((status) => status < 400 || status >= 500)).toEqual([]);
      expect(events).toEqual([]);
    },
  },
  {
    name: 'answers what was made from a genuine request with 4xx, and does nothing',
    async run(stage) {
      const instance = await stage.enter();
      if (instance.adapter.webhooks.length === 0) return;
      const genuine = await genuineRequest(stage, instance);
      const stripped = { ...genuine.request, query: new URLSearchParams(), headers: {} };
      const forgeries = [
        { how: 'without its proof', forged: { ...genuine, request: stripped } },
        ...stage.harness.forge(genuine),
      ];
      for (const { how, forged } of forgeries) {
        const { status } = await stage.settled(post(instance, forged));
        expect([how, status >= 400 && status < 500]).toEqual([how, true]);
      }
      await stage.idle();
      expect(messagesOf(instance).length).toBe(1);
    },
  },
  {
    name: 'takes a replayed request for no further event',
    async run(stage) {
      const instance = await stage.enter();
      if (instance.adapter.webhooks.length === 0) return;
      const genuine = await genuineRequest(stage, instance);
      await stage.settled(post(instance, genuine));
      await stage.settled(post(instance, genuine));
      expect(new Set(messagesOf(instance).map(({ eventKey }) => eventKey)).size).toBe(1);
    },
  },
];

async function genuineRequest(stage: Stage, instance: Instance): Promise<ReceivedRequest> {
  await stage.ask(instance);
  await stage.idle();
  return found(stage.harness.received().at(-1), 'a genuine request');
}

function post({ adapter }: Instance, { path, request }: ReceivedRequest): Promise<WebhookResponse> {
  const route = found(
    adapter.webhooks.find((known) => known.path === path),
    'a route',
  );
  const again: WebhookRequest = { ...request, query: new URLSearchParams(request.query) };
  return route.handle(again);
}
