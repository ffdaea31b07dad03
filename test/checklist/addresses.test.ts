import { describe, expect, it } from 'vitest';
import { createEndpoint } from '../../src/model/endpoint.ts';
import { examine, startQwen, trouble } from '../src/diagnosis/support.ts';
import { askOnce, startModel, startSimulator } from '../src/model/support.ts';

describe('an address taken from a curl command', () => {
  it.each(['/v1/completions', '/v1/chat/completions', '/v1/models', '/v1', '/', ''])(
    'leads to the chat and to the list: %s',
    (path) => {
      expect(createEndpoint(`http://gpu:8080${path}`)).toMatchObject({
        chatUrl: 'http://gpu:8080/v1/chat/completions',
        modelsUrl: 'http://gpu:8080/v1/models',
        healthUrl: 'http://gpu:8080/health',
      });
    },
  );

  it('of /v1/completions is answered through the chat, and nothing is asked there', async () => {
    const simulator = await startSimulator();
    simulator.setAnswer(() => ({ text: '好' }));
    expect((await askOnce(startModel([`${simulator.origin}/v1/completions`]))).text).toBe('好');
    expect(simulator.requests.map(({ path }) => path)).not.toContain('/v1/completions');
    const done = await examine(`${simulator.origin}/v1/completions`);
    expect(trouble(done)).toEqual([]);
  });
});

describe('an address with a misspelt path', () => {
  it.each([
    '/v1/chat/completion',
    '/v1/chats/completions',
    '/api/chat/completions',
    '/V1/chat/completions',
    '/v1/model',
  ])('is answered by the doctor with the line to write: %s', async (path) => {
    const qwen = await startQwen();
    const done = await examine(`${qwen.origin}${path}`);
    expect(trouble(done)).toEqual(['models failed wrong-path']);
    expect(done.find(({ code }) => code === 'models')?.result.remedy).toMatchObject({
      zh: expect.stringContaining(`QWEN_BASE_URL=${qwen.baseUrl}`),
      en: expect.stringContaining(`QWEN_BASE_URL=${qwen.baseUrl}`),
    });
  });
});
