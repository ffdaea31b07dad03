import { expect, it } from 'vitest';
import { httpFaults } from '../../simulators/qwen/faults.ts';
import { askOnce, startModel, startSimulator } from './support.ts';

it('tells nothing extra of an answer that came at the first request', async () => {
  const { end } = await askOnce(startModel([(await startSimulator()).baseUrl]));
  expect(end).not.toHaveProperty('retries');
  expect(end).not.toHaveProperty('host');
});

it('tells how often it was asked beyond the first time, fail-over included', async () => {
  const [broken, well] = [await startSimulator(), await startSimulator()];
  const model = startModel([broken.baseUrl, well.baseUrl]);
  broken.setFault(httpFaults.badGateway);
  const { end, events } = await askOnce(model);
  expect(end).toMatchObject({ reason: 'stop', retries: broken.chats.length + well.chats.length - 1 });
  const start = events.find((event) => event.type === 'start');
  expect(start?.type === 'start' && start.server.host).toBe(`127.0.0.1:${well.port}`);
});

it('says with the first token when the request for it had left', async () => {
  const simulator = await startSimulator({ speed: { firstTokenDelayMs: 200, tokensPerSecond: 500 } });
  const startedAt = Date.now();
  const model = startModel([simulator.baseUrl], {
    clock: { now: () => new Date(), sleep: () => new Promise(() => undefined) },
  });
  const { events } = await askOnce(model);
  const start = events.find((event) => event.type === 'start');
  const sentAt = start?.type === 'start' ? (start.sentAt?.getTime() ?? 0) : 0;
  expect(sentAt).toBeGreaterThanOrEqual(startedAt);
  expect(Date.now() - sentAt).toBeGreaterThanOrEqual(190);
});

it('names the server that was asked last when no answer came', async () => {
  const simulator = await startSimulator();
  simulator.setFault(httpFaults.badGateway);
  const { end } = await askOnce(startModel([simulator.baseUrl]));
  expect(end).toMatchObject({ reason: 'failed', host: `127.0.0.1:${simulator.port}`, retries: 2 });
});
