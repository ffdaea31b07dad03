import { describe, expect, it } from 'vitest';
import type { Fault } from '../simulators/qwen/types.ts';
import { faults } from '../../src/reply/notices/endings.ts';
import { examine, startQwen, trouble } from '../src/diagnosis/support.ts';
import { askOnce, createMemoryLog, startModel, startSimulator } from '../src/model/support.ts';

const http = (status: number, body: unknown): Fault => ({
  type: 'http',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const flask = (message: string, type: string): unknown => ({ error: { message, type } });

describe('an answer that is no 200', () => {
  it.each([
    [418, 'I am a teapot', 'HTTP 418: I am a teapot'],
    [
      500,
      { error: 'Failed to connect to localhost port 8080' },
      'HTTP 500: Failed to connect to localhost port 8080',
    ],
    [403, { error: 'Forbidden', message: 'Invalid API key' }, 'HTTP 403: Forbidden: Invalid API key'],
    [
      404,
      { object: 'error', message: 'The model `qwen` does not exist.', type: 'NotFoundError', code: 404 },
      'HTTP 404: The model `qwen` does not exist.',
    ],
    [502, '', 'HTTP 502'],
  ])(
    'stands in the log and in the doctor’s report with status and words: %i',
    async (status, body, words) => {
      const simulator = await startSimulator();
      simulator.setFault(http(status, body));
      const log = createMemoryLog();
      await askOnce(startModel([simulator.baseUrl], { log }));
      expect(log.lines.find(({ message }) => message === 'model request failed')?.fields).toMatchObject({
        evidence: words,
      });
      const chat = (await examine(simulator.baseUrl)).find(({ code }) => code === 'chat');
      expect(chat?.result.evidence).toBe(words);
    },
  );

  it('is shown with its first 200 characters, and the doctor names what to look at', async () => {
    const qwen = await startQwen();
    qwen.setFault(http(500, flask(`Traceback ${'x'.repeat(5_000)}`, 'server_error')));
    const chat = (await examine(qwen.baseUrl)).find(({ code }) => code === 'chat')?.result;
    expect(chat?.causeCode).toBe('server-error');
    expect(chat?.evidence).toMatch(/^HTTP 500: Traceback x{189}…$/);
    expect(chat?.remedy).toMatchObject({
      zh: expect.stringMatching(/日志.*内存.*显存/),
      en: expect.stringMatching(/log.*memory.*VRAM/),
    });
  });
});

describe('what comes again however often it is asked', () => {
  it.each([
    [400, flask("Invalid request format: missing 'messages' field", 'invalid_request_error'), 'bad-request'],
    [400, flask("Expected 'messages' to be an array", 'invalid_request_error'), 'bad-request'],
    [400, { detail: [{ loc: ['body', 'messages'], msg: 'Field required' }] }, 'bad-request'],
    [400, flask("Invalid data URL 'data:ima…': missing ',' separator.", 'BadRequestError'), 'bad-image'],
    [500, flask('Failed to process image: cannot decode image', 'server_error'), 'bad-image'],
    [500, flask("No module named 'transformers'", 'server_error'), 'server-error'],
    [500, flask('image input is not supported - hint: …', 'server_error'), 'no-vision'],
    [401, { error: 'InvalidFormat key' }, 'unauthorized'],
    [401, { detail: 'Signature has expired' }, 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [403, { error: 'Forbidden', message: 'rate limit' }, 'forbidden'],
  ])('is asked once and named: %i %j', async (status, body, code) => {
    const simulator = await startSimulator();
    simulator.setFault(http(status, body));
    const { end } = await askOnce(startModel([simulator.baseUrl]));
    expect(end).toMatchObject({ reason: 'failed', fault: { code, status } });
    expect(simulator.chats).toHaveLength(1);
  });
});

describe('one fault, two readers', () => {
  it.each([
    [401, 'unauthorized', 'missing-key', '联系管理员', 'QWEN_API_KEY'],
    [403, 'forbidden', 'gateway-refusal', '联系管理员', 'QWEN_EXTRA_HEADERS'],
    [429, 'overloaded', 'overloaded', '重试', 'QWEN_MAX_CONCURRENCY'],
    [502, 'gateway', 'gateway-502', '重试', 'proxy_pass'],
    [503, 'overloaded', 'overloaded', '重试', 'QWEN_MAX_CONCURRENCY'],
    [504, 'gateway', 'gateway-504', '重试', 'proxy_read_timeout'],
  ] as const)(
    'the person reads what to do, the administrator what to mend: %i',
    async (status, code, cause, forThePerson, forTheAdministrator) => {
      const simulator = await startSimulator();
      simulator.setFault(http(status, { error: 'queue is full' }));
      const { end } = await askOnce(startModel([simulator.baseUrl]));
      expect(end.fault?.code).toBe(code);
      expect(faults[code].zh).toContain(forThePerson);
      const done = await examine(simulator.baseUrl);
      expect(trouble(done)).toEqual([`chat failed ${cause}`]);
      const remedy = done.find(({ code: check }) => check === 'chat')?.result.remedy;
      expect(remedy?.zh).toContain(forTheAdministrator);
      expect(remedy?.en).toContain(forTheAdministrator);
    },
  );

  it.each([
    ['[Errno 111] Connection refused', 502],
    ['HTTPConnectionPool: Max retries exceeded with url: /v1/models', 500],
    ['Failed to connect to localhost port 8080: Connection timed out', 500],
  ])('the words of a client in between point behind it: %s', async (words, status) => {
    const qwen = await startQwen();
    qwen.setFault(http(status, { error: words }));
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['chat failed upstream-unreachable']);
  });
});
