import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { httpFaults } from '../../simulators/qwen/faults.ts';
import type { Fault, ProfileName } from '../../simulators/qwen/types.ts';
import { startModel } from '../model/support.ts';
import { events, examine, listen, startQwen, trouble } from './support.ts';

const http = (status: number, body: unknown): Fault => ({
  type: 'http',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('a server in good health', () => {
  it.each<ProfileName>(['vllm', 'vllm-old', 'sglang', 'llamacpp', 'ollama', 'lmdeploy'])(
    'passes every check: %s',
    async (profile) => {
      const qwen = await startQwen({ profile });
      const done = await examine(qwen.baseUrl);
      expect(trouble(done)).toEqual([]);
      expect(done.map(({ code }) => code)).toEqual([
        ...['dns', 'tcp', 'http', 'clock', 'key', 'models'],
        ...['chat', 'streaming', 'image', 'thinking', 'context', 'embeddings'],
      ]);
    },
  );

  it('gets one picture the size of a screenshot, which it can read', async () => {
    const qwen = await startQwen();
    await examine(qwen.baseUrl);
    const images = qwen.chats.flatMap(({ question }) => question?.messages.flatMap((m) => m.images) ?? []);
    expect(images).toHaveLength(1);
    expect(images[0]).toMatchObject({ format: 'png', width: 640, height: 640 });
    expect(images[0]?.bytes.length).toBeGreaterThan(1_048_576);
  });

  it('is asked five times, half a second apart, for the benchmark', async () => {
    const qwen = await startQwen();
    const done = await examine(qwen.baseUrl, { benchmark: true });
    const benchmark = done.find(({ code }) => code === 'benchmark')?.result;
    expect(benchmark?.state).toBe('passed');
    expect(JSON.stringify(benchmark?.evidence).match(/\d+\.\d\d s/g)).toHaveLength(5);
    expect(benchmark?.durationMs).toBeGreaterThanOrEqual(1_900);
  });

  it('with a server of its own for pictures, is not asked to look at one', async () => {
    const text = await startQwen({ vision: false });
    const vision = await startQwen();
    const done = await examine(text.baseUrl, {
      model: { vision: { baseUrl: vision.baseUrl, model: 'auto' } },
    });
    expect(trouble(done)).toEqual([]);
    expect(done.filter(({ code }) => code === 'image').map(({ subject }) => subject.part)).toEqual([
      'vision',
    ]);
  });
});

describe('what the server says of itself', () => {
  const evidenceOf = (done: Awaited<ReturnType<typeof examine>>, wanted: string): unknown => {
    const evidence = done.find(({ code }) => code === wanted)?.result.evidence;
    return typeof evidence === 'object' ? evidence.en : evidence;
  };

  it.each<{ profile: ProfileName; engine: string }>([
    { profile: 'vllm', engine: 'vLLM 0.21.0' },
    { profile: 'sglang', engine: 'SGLang 0.5.6' },
    { profile: 'llamacpp', engine: 'llama.cpp b7010-1a2b3c4d' },
    { profile: 'ollama', engine: 'Ollama 0.33.0' },
  ])(
    'engine, version and context, the same as the service goes by: $profile',
    async ({ profile, engine }) => {
      const qwen = await startQwen({ profile, maxModelLen: 24_576 });
      const done = await examine(qwen.baseUrl);
      expect(evidenceOf(done, 'models')).toBe(`Qwen/Qwen3-VL-8B-Instruct, ${engine}`);
      expect(evidenceOf(done, 'context')).toBe('24576 tokens');
      const service = await startModel([qwen.baseUrl]).describe(
        { vision: false },
        new AbortController().signal,
      );
      expect(service?.contextTokens).toBe(24_576);
    },
  );

  it('a context that the engine keeps to itself is no fault, and said to be learned', async () => {
    const qwen = await startQwen({ profile: 'lmdeploy' });
    const done = await examine(qwen.baseUrl);
    expect(done.find(({ code }) => code === 'context')?.result.state).toBe('skipped');
    expect(evidenceOf(done, 'context')).toContain('learned from its first refusal');
    expect(trouble(done)).toEqual([]);
  });

  it.each([
    { profile: 'vllm', thinks: true, says: 'thinks, in a field of its own, can be switched off' },
    { profile: 'ollama', thinks: true, says: 'thinks, in a field of its own, can be switched off' },
    { profile: 'ollama', thinks: false, says: 'does not think' },
  ] as const)('whether it thinks: $profile, $thinks', async ({ profile, thinks, says }) => {
    const qwen = await startQwen({ profile, thinks });
    expect(evidenceOf(await examine(qwen.baseUrl), 'thinking')).toBe(says);
  });

  it('embeddings are tried where a model for them is listed', async () => {
    const qwen = await startQwen({ models: ['Qwen/Qwen3-8B', 'Qwen/Qwen3-Embedding-0.6B'] });
    const done = await examine(qwen.baseUrl);
    expect(evidenceOf(done, 'embeddings')).toBe('Qwen/Qwen3-Embedding-0.6B, 1024 dimensions');
    const asked = qwen.requests.filter(({ path }) => path === '/v1/embeddings').map(({ body }) => body);
    expect(asked).toEqual([{ model: 'Qwen/Qwen3-Embedding-0.6B', input: 'ping' }]);
  });

  it('embeddings are visibly not tried where there is none, a sorting model included', async () => {
    const qwen = await startQwen({ models: ['Qwen/Qwen3-8B', 'BAAI/bge-reranker-v2-m3'] });
    const done = await examine(qwen.baseUrl);
    expect(done.find(({ code }) => code === 'embeddings')?.result.state).toBe('skipped');
    expect(evidenceOf(done, 'embeddings')).toBe('no embedding model in the list');
    expect(qwen.requests.map(({ path }) => path)).not.toContain('/v1/embeddings');
  });

  it('embeddings that are listed but not served are worth knowing, with the flag, and no fault', async () => {
    const qwen = await startQwen({ models: ['Qwen3-8B', 'Qwen3-Embedding'], embeddings: false });
    const done = await examine(qwen.baseUrl);
    expect(trouble(done)).toEqual(['embeddings unknown no-embeddings']);
    const words = done.find(({ code }) => code === 'embeddings')?.result;
    expect([words?.cause?.zh, words?.remedy?.zh].join()).toMatch(/Qwen3-Embedding.*--runner pooling/);
  });
});

describe('keys', () => {
  it.each<ProfileName>(['vllm', 'sglang', 'llamacpp', 'lmdeploy'])(
    'a wrong key and a missing one are told apart: %s',
    async (profile) => {
      const qwen = await startQwen({ profile, apiKey: 'sk-the-right-key' });
      const wrong = await examine(qwen.baseUrl, { server: { apiKey: 'sk-the-wrong-key' } });
      expect(trouble(wrong)).toEqual(['key failed wrong-key']);
      expect(JSON.stringify(wrong)).not.toContain('sk-the-wrong-key');
      expect(trouble(await examine(qwen.baseUrl))).toEqual(['key failed missing-key']);
      const right = await examine(qwen.baseUrl, { server: { apiKey: 'sk-the-right-key' } });
      expect(right.find(({ code }) => code === 'key')?.result.state).toBe('passed');
    },
  );

  it('a refusal by a gateway is not called a wrong key', async () => {
    const port = await listen(createServer((_, response) => response.writeHead(403).end('Forbidden')));
    const done = await examine(`http://127.0.0.1:${port}/v1`, { server: { apiKey: 'sk-some-key' } });
    expect(trouble(done)).toEqual(['key failed gateway-refusal']);
  });
});

describe('the list of models', () => {
  it('a model that is loading', async () => {
    const qwen = await startQwen();
    await qwen.goDown('loading');
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['http failed loading']);
  });

  it('nothing loaded', async () => {
    const qwen = await startQwen({ models: [] });
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['models failed no-models']);
  });

  it('a name that is not served, and those that are', async () => {
    const qwen = await startQwen({ models: ['/models/Qwen/Qwen3-8B', 'Qwen3-VL'] });
    const done = await examine(qwen.baseUrl, { server: { model: 'qwen3' } });
    expect(trouble(done)).toEqual(['models failed model-missing']);
    expect(done.find(({ code }) => code === 'models')?.result.cause?.zh).toContain(
      '/models/Qwen/Qwen3-8B, Qwen3-VL',
    );
  });

  it('a wrong path, and the right one', async () => {
    const qwen = await startQwen();
    const done = await examine(`${qwen.origin}/service`);
    expect(trouble(done)).toEqual(['models failed wrong-path']);
    expect(done.find(({ code }) => code === 'models')?.result.remedy?.zh).toContain(
      `QWEN_BASE_URL=${qwen.baseUrl}`,
    );
  });

  it('a server that knows none of these paths', async () => {
    const port = await listen(createServer((_, response) => response.writeHead(404).end('not found')));
    expect(trouble(await examine(`http://127.0.0.1:${port}/v1`))).toEqual(['models failed wrong-path']);
  });

  it('a page in place of the list', async () => {
    const port = await listen(createServer((_, response) => response.end('<html>Welcome</html>')));
    expect(trouble(await examine(`http://127.0.0.1:${port}/v1`))).toEqual(['models failed not-openai']);
  });

  it('a context in which little fits', async () => {
    const qwen = await startQwen({ maxModelLen: 2_048 });
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['context failed context-too-small']);
  });
});

describe('what a question meets', () => {
  it.each([
    { fault: httpFaults.forbidden, cause: 'gateway-refusal' },
    { fault: httpFaults.forbiddenText, cause: 'gateway-refusal' },
    { fault: httpFaults.unauthorized, cause: 'missing-key' },
    { fault: httpFaults.wrongPath, cause: 'wrong-path' },
    { fault: httpFaults.modelMissingFlat, cause: 'model-missing' },
    { fault: httpFaults.bodyTooLarge, cause: 'body-too-large' },
    { fault: httpFaults.tooMany, cause: 'overloaded' },
    { fault: httpFaults.queueFull, cause: 'overloaded' },
    { fault: httpFaults.serverError, cause: 'server-error' },
    { fault: httpFaults.serverErrorEmpty, cause: 'server-error' },
    { fault: httpFaults.engineDead, cause: 'engine-dead' },
    { fault: httpFaults.badGateway, cause: 'gateway-502' },
    { fault: httpFaults.gatewayTimeout, cause: 'gateway-504' },
    { fault: httpFaults.loading, cause: 'loading' },
    { fault: httpFaults.unavailable, cause: 'gateway-502' },
    { fault: httpFaults.bareString, cause: 'upstream-unreachable' },
    { fault: http(502, '[Errno 111] Connection refused'), cause: 'upstream-unreachable' },
    { fault: http(500, "No module named 'transformers'"), cause: 'missing-module' },
    { fault: http(200, '<html>Welcome</html>'), cause: 'not-openai' },
    { fault: { type: 'reset-before-headers' } as const, cause: 'dropped' },
  ])('chat fails: $cause', async ({ fault, cause }) => {
    const qwen = await startQwen();
    qwen.setFault(fault);
    const done = await examine(qwen.baseUrl);
    expect(trouble(done)).toEqual([`chat failed ${cause}`]);
    const later = ['streaming', 'image', 'thinking'];
    expect(
      done.filter(({ code, result }) => later.includes(code) && result.state === 'skipped'),
    ).toHaveLength(3);
  });

  it('names the module that is missing', async () => {
    const qwen = await startQwen();
    qwen.setFault(http(500, { error: { message: "No module named 'qwen_vl_utils'", type: 'server_error' } }));
    const chat = (await examine(qwen.baseUrl)).find(({ code }) => code === 'chat');
    expect(chat?.result.remedy?.zh).toContain('pip install qwen_vl_utils');
  });

  it('a model that does not begin in time', async () => {
    const qwen = await startQwen();
    qwen.setFault({ type: 'stall-before-headers' });
    const done = await examine(qwen.baseUrl, { model: { firstTokenTimeoutMs: 60 } });
    expect(trouble(done)).toEqual(['chat failed slow']);
  });

  it.each<Fault>([
    { type: 'end-early', afterTokens: 3 },
    { type: 'reset', afterTokens: 3 },
    { type: 'only-done' },
  ])('a stream that breaks off: $type', async (fault) => {
    const qwen = await startQwen();
    qwen.failNext(undefined, fault);
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['streaming failed cut-off']);
  });

  it.each([
    { heldBackMs: 2_000, seen: ['streaming failed buffered'] },
    { heldBackMs: 1_000, seen: [] },
  ])('a stream that comes all at once after $heldBackMs ms', async ({ heldBackMs, seen }) => {
    const qwen = await startQwen();
    let now = Date.now();
    // Time stands still but for the wait before the first token.
    qwen.setAnswer(() => {
      now += heldBackMs;
      return { text: '一二三四五六七八九十'.repeat(10) };
    });
    const clock = { ...systemClock, now: () => new Date(now) };
    expect(trouble(await examine(qwen.baseUrl, { clock }))).toEqual(seen);
  });

  it('an error inside a stream that began well', async () => {
    const qwen = await startQwen();
    const message = 'EngineCore encountered an issue.';
    qwen.failNext(undefined, { type: 'error-event', afterTokens: 2, done: true, message, code: 500 });
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['streaming failed engine-dead']);
  });

  it('a server that does not stream works, with a remark', async () => {
    const qwen = await startQwen({ profile: 'flask-seed' });
    expect(trouble(await examine(qwen.baseUrl))).toContain('streaming unknown no-streaming');
  });

  it.each<ProfileName>(['vllm', 'llamacpp'])('a picture to a model without eyes: %s', async (profile) => {
    const qwen = await startQwen({ profile, vision: false });
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['image failed no-vision']);
  });

  it('a picture through a proxy that lets a megabyte pass', async () => {
    const qwen = await startQwen({ profile: 'nginx-front' });
    const done = await examine(qwen.baseUrl);
    expect(trouble(done)).toEqual(['image failed body-too-large']);
    expect(done.find(({ code }) => code === 'image')?.result.remedy?.zh).toContain('client_max_body_size');
  });

  it('a switch for thinking that a strict gateway does not know', async () => {
    const qwen = await startQwen({ refusedKeys: ['chat_template_kwargs'] });
    expect(trouble(await examine(qwen.baseUrl))).toEqual(['thinking unknown thinking-switch']);
  });
});

it('stops at once when it is stopped, without a finding of its own making', async () => {
  const qwen = await startQwen();
  qwen.setFault({ type: 'stall-before-headers' });
  const stopping = new AbortController();
  const seen: string[] = [];
  for await (const event of events(qwen.baseUrl, { signal: stopping.signal })) {
    seen.push(`${event.type} ${event.code}`);
    if (event.type === 'begun' && event.code === 'chat') setTimeout(() => stopping.abort(), 10);
  }
  expect(seen.at(-1)).toBe('begun chat');
});
